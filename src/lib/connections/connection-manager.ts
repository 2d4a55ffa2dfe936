import type pg from 'pg';
import { withoutTenant } from '../context.js';
import type { Activity, TenantActivity } from '../diagnostics/tenant-activity.js';
import { Observer } from '../diagnostics/observer.js';
import { ConfigurationError } from '../errors.js';
import type { Isolation, TenantLimits } from '../scope/scope.js';
import { Scopes } from '../scope/scopes.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Connection } from '../pool/connection.js';
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
  /** Scoped to the tenant in context. One object for all tenants and all ORMs. */
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
    const leftoversOf = (name?: string) => this.placement(name).leftovers;
    this.pool = this.#tenantPool('application', new Scopes(policy, leftoversOf));
    // The owner works in a tenant's schema as itself: the tenant's role may not change tables, and
    // the limits are for what tenants send.
    this.adminPool = this.#tenantPool(
      'admin',
      new Scopes(
        {
          ...policy,
          isolation: 'schema',
          isOwners: true,
          // A migration is sent once for each tenant.
          preparesStatements: 'nowhere',
          limitsOf: () => UNLIMITED,
        },
        leftoversOf,
      ),
    );
  }

  /** @throws ConfigurationError for a placement that was not configured */
  placement(name: string = DEFAULT_PLACEMENT): Placement {
    const placement = this.#placements.get(name);
    if (!placement) {
      throw new ConfigurationError(`There is no placement ${JSON.stringify(name)}.`, {
        remedy: `Configure it, or move the tenant to one of: ${[...this.#placements.keys()].join(', ')}.`,
      });
    }
    return placement;
  }

  /** Sends one statement without a tenant: for the registry and the ledger. */
  unscopedQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return withoutTenant(() => this.pool.query<R>(text, values));
  }

  /** The same with the admin login: for what the application itself may not write. */
  adminQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return withoutTenant(() => this.adminPool.query<R>(text, values));
  }

  /**
   * Checks a connection of the admin login out without any scoping: for migrations. What goes
   * through it reaches every schema. The caller releases it.
   *
   * @throws ConnectionTimeoutError, DatabaseUnavailableError
   */
  checkoutAdmin(placement?: string): Promise<Connection> {
    const borrower = {
      tenant: '',
      affinityKey: 0,
      maxConnections: Infinity,
      loans: { held: 0, waiting: 0 },
      holds: true,
    };
    return new Promise((resolve, reject) => {
      this.placement(placement).admin.checkout(borrower, (error, connection) =>
        connection ? resolve(connection) : reject(error),
      );
    });
  }

  /** A connection of its own, past any pooler and out of no pool. The caller connects and ends it. */
  separateClient(placement?: string): pg.Client {
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
    for (const pool of this.#pools()) pool.forgetPrepared(schema && quoteIdentifier(schema));
  }

  /** Whether this process was given a login that may change tenants. */
  get hasAdmin(): boolean {
    return this.placement().hasAdmin;
  }

  /** Most connections with the admin login to one database. */
  get maxAdminConnections(): number {
    return this.placement().admin.max;
  }

  /** Connections in use right now. */
  getActiveCount(): number {
    return this.getTotalCount() - this.getIdleCount();
  }

  /** Open connections that nobody uses. */
  getIdleCount(): number {
    return this.#sum(({ idleCount }) => idleCount);
  }

  /** Open connections, in use or not. */
  getTotalCount(): number {
    return this.#sum(({ totalCount }) => totalCount);
  }

  /** Statements and transactions that wait for a connection. */
  getWaitingCount(): number {
    return this.#sum(({ waitingCount }) => waitingCount);
  }

  /** Connections that a tenant has in use right now. */
  getInFlight(tenant: Pick<Tenant, 'id'>): number {
    return this.#sum((pool) => pool.inFlight(tenant.id));
  }

  /** All counts at once. */
  stats(): ConnectionStats {
    const { activities } = this.#observer;
    return {
      active: this.getActiveCount(),
      idle: this.getIdleCount(),
      total: this.getTotalCount(),
      waiting: this.getWaitingCount(),
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
      [...this.#pools()].map((pool) => pool.close(this.#drainTimeoutMs)),
    );
    return this.#closed.then(() => undefined);
  }

  #tenantPool(login: 'application' | 'admin', scopes: Scopes): TenantPool {
    return new TenantPool(
      (name) => this.placement(name)[login],
      scopes,
      this.#observer,
      this.#late,
    );
  }

  *#pools(): Iterable<PlacementPool> {
    for (const placement of this.#placements.values()) yield* placement.pools();
  }

  #sum(count: (pool: PlacementPool) => number): number {
    let sum = 0;
    for (const pool of this.#pools()) sum += count(pool);
    return sum;
  }
}

const UNLIMITED: TenantLimits = { maxConnections: Infinity, statementTimeoutMs: 0 };
