import type pg from 'pg';
import { ConfigurationError } from '../errors.js';
import type { Tenant } from '../tenant/tenant.js';
import type { LateStatements } from './late-statements.js';
import type { PlacementPoolOptions } from './placement-pool.js';
import type { Isolation, ScopePolicy, TenantLimits } from '../scope/scope.js';
import { parseSharedSchemas } from '../scope/shared-schemas.js';

/** The database of tenants that were put nowhere else, and of the registry. */
export const DEFAULT_PLACEMENT = 'main';

/** One database, as node-postgres is told of it, and two other ways into the same one. */
export interface PlacementConfig extends pg.PoolConfig {
  /** The login that owns the tenants' schemas, see `adminConnectionString`. */
  readonly admin?: pg.PoolConfig;
  /** The way past a pooler in transaction mode. Default: the same. */
  readonly direct?: pg.PoolConfig;
}

export interface ConnectionManagerOptions {
  /** The database of the `main` placement, as a URL. */
  connectionString?: string;
  /**
   * The same database with the login that owns the tenants' schemas: for provisioning and migrations.
   * Default `connectionString`; with `isolation: 'role'` none, so that a process that only serves
   * requests need not have it.
   */
  adminConnectionString?: string;
  /**
   * The same database past a pooler, for what does not work through one in transaction mode: hearing
   * of changes to tenants (LISTEN), and the lock of a migration run. Default `connectionString`.
   */
  directConnectionString?: string;
  /** Further settings of node-postgres for every placement, for example `ssl`. */
  pool?: pg.PoolConfig;
  /** Databases by name, instead of the URLs above. One of them is `main`. */
  placements?: Readonly<Record<string, PlacementConfig>>;
  /**
   * What keeps tenants apart. `schema` (default): each statement is tied to its tenant's schema.
   * `role`: each statement also runs as the tenant's role, so that PostgreSQL itself refuses it
   * another's tables. docs/isolation.md compares them.
   */
  isolation?: Isolation;
  /**
   * Schemas that all tenants share: names are found in the tenant's schema, then in these in their
   * order, then in `pg_catalog`, and nowhere else. Tables of all tenants and extensions live there;
   * `public` counts only where it is named. Default none. docs/shared-tables.md tells more.
   */
  sharedSchemas?: readonly string[];
  /** Most connections to each database, however many tenants there are. Default 10. */
  max?: number;
  /** Most connections with the admin login, where that is another. Default 4. */
  adminMax?: number;
  /** Most connections that one tenant has at a time. Default `max`. */
  maxPerTenant?: number;
  /** Most statements and transactions that wait for a connection. Default 5,000. */
  maxQueue?: number;
  /** How long a statement waits for a connection, in milliseconds. Default 5,000; 0 waits for ever. */
  connectionTimeoutMs?: number;
  /**
   * How long the server lets a tenant's statement take, in milliseconds. Default 0, which leaves it
   * to the server's own setting. Where it is set, each statement carries it, but for those of
   * migrations.
   */
  statementTimeoutMs?: number;
  /**
   * Whether the small statement that sets a tenant's search path and role is prepared once on each
   * connection, which halves its cost. Default true; behind a pooler that does not keep prepared
   * statements the first one finds that out, and it goes on without.
   */
  prepareSettings?: boolean;
  /** Other limits for some tenants, by their plan for example. Asked once for each tenant it sees. */
  limitsOf?: (tenant: Tenant) => Partial<TenantLimits>;
  /**
   * What is done about a statement that is sent as a tenant after its request was answered (see
   * `isOver` of runWithTenant): `tell` (default) publishes it as `late-statement`, `refuse` throws a
   * LateStatementError as well.
   */
  lateStatements?: LateStatements;
  /** From how many milliseconds on a statement is published as slow. Default 1,000. */
  slowStatementMs?: number;
  /** Tenants whose activity is counted one by one; all others are one sum. Default 100. */
  trackedTenants?: number;
  /** How long {@link ConnectionManager.close} waits for statements that run. Default 10,000. */
  drainTimeoutMs?: number;
  /** What the server shows in pg_stat_activity. Default `mt-runtime`. */
  applicationName?: string;
}

/** The three ways into one database. */
export interface ResolvedPlacement {
  readonly application: PlacementPoolOptions;
  /** `application` where the application's own login owns the schemas; undefined for none. */
  readonly admin: PlacementPoolOptions | 'application' | undefined;
  readonly direct: pg.PoolConfig;
}

/** Options that are checked and complete. */
export interface ResolvedOptions {
  readonly placements: ReadonlyMap<string, ResolvedPlacement>;
  readonly policy: ScopePolicy;
  readonly slowStatementMs: number;
  readonly trackedTenants: number;
  readonly drainTimeoutMs: number;
  readonly lateStatements: LateStatements;
}

/** @throws ConfigurationError that names the option */
export function resolveOptions(options: ConnectionManagerOptions): ResolvedOptions {
  const max = whole('max', options.max ?? options.pool?.max ?? 10, 1);
  const isolation = oneOf('isolation', options.isolation ?? 'schema', ['schema', 'role']);
  const limits: TenantLimits = {
    maxConnections: whole('maxPerTenant', options.maxPerTenant ?? max, 1),
    statementTimeoutMs: whole('statementTimeoutMs', options.statementTimeoutMs ?? 0, 0),
  };
  return Object.freeze({
    placements: resolvePlacements(options, max, isolation),
    policy: {
      isolation,
      sharedSchemas: parseSharedSchemas(options.sharedSchemas ?? []),
      prepareSettings: options.prepareSettings ?? true,
      limitsOf: limitsBy(limits, options.limitsOf),
    },
    slowStatementMs: whole('slowStatementMs', options.slowStatementMs ?? 1_000, 0),
    trackedTenants: whole('trackedTenants', options.trackedTenants ?? 100, 1),
    lateStatements: oneOf('lateStatements', options.lateStatements ?? 'tell', ['tell', 'refuse']),
    drainTimeoutMs: whole('drainTimeoutMs', options.drainTimeoutMs ?? 10_000, 0),
  });
}

function oneOf<T extends string>(option: string, value: T, choices: readonly T[]): T {
  if (choices.includes(value)) return value;
  throw new ConfigurationError(`The option ${option} cannot be ${JSON.stringify(value)}.`, {
    remedy: `Set it to ${choices.map((choice) => JSON.stringify(choice)).join(' or ')}.`,
  });
}

/** Environment variables arrive as text, and "10" < 9 is nothing to find out in production. */
function whole(option: string, value: number, least: number): number {
  if (Number.isInteger(value) && value >= least) return value;
  throw new ConfigurationError(`The option ${option} cannot be ${JSON.stringify(value)}.`, {
    remedy: `Set it to a whole number of ${least} or more.`,
  });
}

function limitsBy(
  limits: TenantLimits,
  limitsOf: ConnectionManagerOptions['limitsOf'],
): ScopePolicy['limitsOf'] {
  if (!limitsOf) return () => limits;
  return (tenant) => {
    const own = { ...limits, ...limitsOf(tenant) };
    whole('limitsOf().maxConnections', own.maxConnections, 1);
    whole('limitsOf().statementTimeoutMs', own.statementTimeoutMs, 0);
    return own;
  };
}

function resolvePlacements(
  options: ConnectionManagerOptions,
  max: number,
  isolation: Isolation,
): Map<string, ResolvedPlacement> {
  const placements = options.placements ?? { [DEFAULT_PLACEMENT]: mainPlacement(options) };
  if (!placements[DEFAULT_PLACEMENT]) {
    throw new ConfigurationError(`No placement is named ${JSON.stringify(DEFAULT_PLACEMENT)}.`, {
      remedy: 'Name one of them so: the registry lives there.',
    });
  }
  const common = {
    maxQueue: whole('maxQueue', options.maxQueue ?? 5_000, 1),
    connectionTimeoutMs: whole('connectionTimeoutMs', options.connectionTimeoutMs ?? 5_000, 0),
  };
  const adminMax = whole('adminMax', options.adminMax ?? 4, 1);
  // With roles the application's login has no rights on the schemas, so it cannot stand in.
  const ownAdmin = isolation === 'role' ? undefined : 'application';
  return new Map(
    Object.entries(placements).map(([name, { admin, direct, ...own }]) => {
      const config = clientConfig(options, own);
      const resolved: ResolvedPlacement = {
        application: { config, max, ...common },
        admin: admin
          ? { config: clientConfig(options, admin), max: adminMax, ...common }
          : ownAdmin,
        direct: clientConfig(options, direct ?? own),
      };
      return [name, resolved];
    }),
  );
}

function mainPlacement(options: ConnectionManagerOptions): PlacementConfig {
  const { connectionString, adminConnectionString, directConnectionString, pool } = options;
  if (!connectionString && !pool?.connectionString && !pool?.host && !pool?.database) {
    throw new ConfigurationError('No database is configured.', {
      remedy: 'Set `connectionString`, for example from DATABASE_URL.',
    });
  }
  return {
    ...(connectionString && { connectionString }),
    ...(adminConnectionString && { admin: { connectionString: adminConnectionString } }),
    ...(directConnectionString && { direct: { connectionString: directConnectionString } }),
  };
}

function clientConfig(options: ConnectionManagerOptions, own: pg.PoolConfig): pg.PoolConfig {
  const config: pg.PoolConfig & { pipeline?: boolean } = {
    application_name: options.applicationName ?? 'mt-runtime',
    keepAlive: true,
    ...options.pool,
    ...own,
  };
  if (config.pipeline) {
    throw new ConfigurationError('node-postgres’ pipeline mode cannot be used.', {
      remedy:
        'Remove `pipeline: true`: it sends statements on after a BEGIN that failed, outside of any transaction.',
    });
  }
  return config;
}
