import type pg from 'pg';
import { withoutTenant } from '../context.js';
import type { Activity, TenantActivity } from '../diagnostics/tenant-activity.js';
import { Observer } from '../diagnostics/observer.js';
import { ConfigurationError } from '../errors.js';
import type { Isolation, ScopePolicy, TenantLimits } from '../scope/scope.js';
import { Scopes } from '../scope/scopes.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Checkout } from '../pool/checkout.js';
import { LateStatementGuard } from './late-statements.js';
import { DEFAULT_PLACEMENT, type ConnectionManagerOptions } from './options.js';
import { Placement } from './placement.js';
import type { PlacementPool } from '../pool/placement-pool.js';
import { resolveOptions } from './resolve-options.js';
import { TenantPool } from './tenant-pool.js';

/** What a connection manager is doing, for metrics. Memory and size do not grow with tenants. */
export interface ConnectionStats {
  /** Connections in use. */
  readonly active: number;
  /** Open connections that nobody uses. */
  readonly idle: number;
  /** Open connections, in use or not. */
  readonly total: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
  /** The tenants whose statements have taken the most time, those with the most first. */
  readonly tenants: readonly (TenantActivity & { readonly inFlight: number })[];
  /** All other tenants, and code without one, in one sum. */
  readonly others: Activity;
}

/**
 * Owns the connections: one pool for each database, shared by all tenants in it. Connections never
 * grow with tenants.
 *
 * @example
 * ```ts
 * const connections = new ConnectionManager({ connectionString: process.env.DATABASE_URL, max: 20 });
 * await runWithTenant(acme, () => connections.pool.query('select * from invoices'));
 * await connections.close();
 * ```
 */
export class ConnectionManager {
  /**
   * Scoped to the tenant in context. One object for all tenants and all ORMs. What runs without a
   * tenant goes to the `main` placement; {@link poolIn} has others.
   */
  readonly pool: TenantPool;
  /**
   * The same with the login that owns the tenants' schemas: for provisioning and migrations. Each use
   * is a ConfigurationError where this process was given none.
   */
  readonly adminPool: TenantPool;
  readonly isolation: Isolation;
  /** Schemas that all tenants share, in the order in which names are looked for. */
  readonly sharedSchemas: readonly string[];
  readonly #placements: ReadonlyMap<string, Placement>;
  readonly #pools: ReadonlyMap<string, Pools>;
  readonly #observer: Observer;
  readonly #late: LateStatementGuard;
  readonly #drainTimeoutMs: number;
  #closed: Promise<unknown> | undefined;

  /** @throws ConfigurationError */
  constructor(options: ConnectionManagerOptions) {
    const { placements, policy, slowStatementMs, trackedTenants, drainTimeoutMs, lateStatements } =
      resolveOptions(options);
    this.#drainTimeoutMs = drainTimeoutMs;
    this.isolation = policy.isolation;
    this.sharedSchemas = policy.sharedSchemas;
    const observer = new Observer(slowStatementMs, trackedTenants);
    this.#observer = observer;
    this.#late = new LateStatementGuard(observer, lateStatements);
    this.#placements = new Map(
      [...placements].map(([name, resolved]) => [
        name,
        new Placement(resolved, (error) => observer.connectionLost(name, error)),
      ]),
    );
    // The owner works in a tenant's schema as itself: the tenant's role may not change tables, and
    // the limits are for what tenants send.
    const ownersPolicy: ScopePolicy = {
      ...policy,
      isolation: 'schema',
      isOwners: true,
      // A migration is sent once for each tenant.
      preparesStatements: 'nowhere',
      limitsOf: () => UNLIMITED,
    };
    this.#pools = new Map(
      [...placements.keys()].map((name) => [
        name,
        {
          application: this.#tenantPool('application', name, policy),
          admin: this.#tenantPool('admin', name, ownersPolicy),
        },
      ]),
    );
    ({ application: this.pool, admin: this.adminPool } = this.#poolsIn(DEFAULT_PLACEMENT));
  }

  /** @throws ConfigurationError for a placement that was not configured */
  placement(name: string = DEFAULT_PLACEMENT): Placement {
    return this.#of(name, this.#placements);
  }

  /**
   * {@link pool}, but what runs without a tenant goes to this placement. What runs as a tenant goes to
   * the tenant's own, as always.
   *
   * @throws ConfigurationError for a placement that was not configured
   */
  poolIn(placement: string): TenantPool {
    return this.#poolsIn(placement).application;
  }

  /** Sends one statement without a tenant: for the registry and the ledger. */
  async unscopedQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
    placement: string = DEFAULT_PLACEMENT,
  ): Promise<pg.QueryResult<R>> {
    return withoutTenant(() => this.#poolsIn(placement).application.query<R>(text, values));
  }

  /** The same with the admin login: for what the application itself may not write. */
  async adminQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
    placement: string = DEFAULT_PLACEMENT,
  ): Promise<pg.QueryResult<R>> {
    return withoutTenant(() => this.#poolsIn(placement).admin.query<R>(text, values));
  }

  /**
   * Checks a connection of the admin login out without any scoping: for migrations. What goes
   * through it reaches every schema. The caller releases it.
   *
   * @throws ConnectionTimeoutError, DatabaseUnavailableError
   */
  checkoutAdmin(placement: string = DEFAULT_PLACEMENT): Promise<Checkout> {
    const options = {
      tenant: '',
      affinityKey: 0,
      maxConnections: Infinity,
      checkouts: { held: 0, waiting: 0 },
      holds: true,
    };
    return new Promise((resolve, reject) => {
      this.placement(placement).admin.checkout(options, (error, checkout) =>
        checkout ? resolve(checkout) : reject(error),
      );
    });
  }

  /** A connection of its own, past any pooler and out of no pool. The caller connects and ends it. */
  separateClient(placement: string = DEFAULT_PLACEMENT): pg.Client {
    return this.placement(placement).separateClient();
  }

  /**
   * Has statements about the tables of a tenant prepared anew where they are used again: what they
   * return, or the types of their parameters, may have changed. What migrates in this process, or is
   * heard of by a registry that watches, does that; call it where tables are changed in another way.
   * Without it that happens within a minute, or when the server refuses one.
   *
   * @param schema of the tenant; undefined for all of them
   */
  forgetPrepared(schema?: string): void {
    for (const pool of this.#databasePools())
      pool.forgetPrepared(schema && quoteIdentifier(schema));
  }

  /**
   * Whether this process was given a login that may change tenants of the `main` placement;
   * `placement(name).hasAdmin` tells of others.
   */
  get hasAdmin(): boolean {
    return this.placement().hasAdmin;
  }

  /** Most connections with the admin login to the `main` placement; `placement(name).admin.max` for others. */
  get maxAdminConnections(): number {
    return this.placement().admin.max;
  }

  /** Connections in use right now. */
  getActiveCount(): number {
    return this.#counts().active;
  }

  /** Open connections that nobody uses. */
  getIdleCount(): number {
    return this.#counts().idle;
  }

  /** Open connections, in use or not. */
  getTotalCount(): number {
    return this.#counts().total;
  }

  /** Statements and transactions that wait for a connection. */
  getWaitingCount(): number {
    return this.#counts().waiting;
  }

  /** Connections that a tenant has in use right now. */
  getInFlight(tenant: Pick<Tenant, 'id'>): number {
    let sum = 0;
    for (const pool of this.#databasePools()) sum += pool.inFlight(tenant.id);
    return sum;
  }

  /** All counts at once. */
  stats(): ConnectionStats {
    const { activities } = this.#observer;
    return {
      ...this.#counts(),
      tenants: activities
        .top()
        .map((tenant) => ({ ...tenant, inFlight: this.getInFlight({ id: tenant.tenantId }) })),
      others: activities.others(),
    };
  }

  /** Whether {@link close} has been called. */
  get closed(): boolean {
    return this.#closed !== undefined;
  }

  /**
   * Refuses what waits for a connection and what comes now, lets what runs finish (for at most
   * `drainTimeoutMs`), and closes every connection. May be called more than once.
   */
  close(): Promise<void> {
    this.#closed ??= Promise.all(
      [...this.#databasePools()].map((pool) => pool.close(this.#drainTimeoutMs)),
    );
    return this.#closed.then(() => undefined);
  }

  #poolsIn(placement: string): Pools {
    return this.#of(placement, this.#pools);
  }

  /** @throws ConfigurationError for a placement that was not configured */
  #of<T>(placement: string, all: ReadonlyMap<string, T>): T {
    const found = all.get(placement);
    if (found) return found;
    throw new ConfigurationError(`There is no placement ${JSON.stringify(placement)}.`, {
      remedy: `Configure it, or move the tenant to one of: ${[...all.keys()].join(', ')}.`,
    });
  }

  /** @param home where what has no tenant goes */
  #tenantPool(login: keyof Pools, home: string, policy: ScopePolicy): TenantPool {
    return new TenantPool(
      (placement = home) => this.placement(placement)[login],
      new Scopes(policy, (placement = home) => this.placement(placement).leftovers),
      this.#observer,
      this.#late,
    );
  }

  *#databasePools(): Iterable<PlacementPool> {
    for (const placement of this.#placements.values()) yield* placement.pools();
  }

  #counts(): Pick<ConnectionStats, 'active' | 'idle' | 'total' | 'waiting'> {
    const sum = { active: 0, idle: 0, total: 0, waiting: 0 };
    for (const { counts } of this.#databasePools()) {
      sum.active += counts.total - counts.idle;
      sum.idle += counts.idle;
      sum.total += counts.total;
      sum.waiting += counts.waiting;
    }
    return sum;
  }
}

/** The faces of the two logins. */
interface Pools {
  readonly application: TenantPool;
  readonly admin: TenantPool;
}

const UNLIMITED: TenantLimits = { maxConnections: Infinity, statementTimeoutMs: 0 };
