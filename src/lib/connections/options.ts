import type pg from 'pg';
import type { Isolation, TenantLimits } from '../scope/scope.js';
import type { Tenant } from '../tenant/tenant.js';
import type { LateStatements } from './late-statements.js';

/** The database of tenants that were put nowhere else. */
export const DEFAULT_PLACEMENT = 'main';

/** The database of the control schema. There is one, wherever tenants live. */
export const CONTROL_PLACEMENT = DEFAULT_PLACEMENT;

/**
 * One database, as node-postgres is told of it, and two other ways into the same one. Its own `max`
 * and `connectionTimeoutMillis` go before `max` and `connectionTimeoutMs` of all.
 */
export interface PlacementConfig extends pg.PoolConfig {
  /**
   * The login that owns the tenants' schemas, see `adminConnectionString`. Where the database is, and
   * what else is not said here, is as above; `max` is `adminMax`.
   */
  readonly admin?: pg.PoolConfig;
  /** The way past a pooler in transaction mode. What is not said here is as above. */
  readonly direct?: pg.ClientConfig;
}

export interface PreparedStatementOptions {
  /** Most on each connection. Default 512. */
  maxStatements?: number;
  /** Most bytes of their texts together, on each connection. Default 1,048,576. */
  maxBytes?: number;
  /**
   * Also behind a pooler: one that keeps prepared statements, as PgBouncer with
   * `max_prepared_statements` does. Where it turns out not to, they are given up. Default false.
   */
  behindPooler?: boolean;
}

export interface ConnectionManagerOptions {
  /** The database of the `main` placement, as a URL. What it does not say, `pool` may. */
  connectionString?: string | undefined;
  /**
   * The same database with the login that owns the tenants' schemas: for provisioning and migrations.
   * Default `connectionString`; with `isolation: 'role'` none, so that a process that only serves
   * requests need not have it.
   */
  adminConnectionString?: string | undefined;
  /**
   * The same database past a pooler, for what does not work through one in transaction mode: hearing
   * of changes to tenants (LISTEN), and the lock of a migration run. Default `connectionString`.
   */
  directConnectionString?: string | undefined;
  /**
   * Further settings of node-postgres for every placement, for example `ssl`, or a `password` as a
   * function, which is asked for each connection. A connection string and an option beside it that say
   * different things are refused, and so is what would be without effect.
   */
  pool?: pg.PoolConfig | undefined;
  /** Databases by name, instead of the URLs above. One of them is `main`. What they say goes before `pool`. */
  placements?: Readonly<Record<string, PlacementConfig>> | undefined;
  /**
   * What keeps tenants apart. `schema` (default): each statement is tied to its tenant's schema.
   * `role`: each statement also runs as the tenant's role, so that PostgreSQL itself refuses it
   * another's tables. docs/isolation.md compares them.
   */
  isolation?: Isolation | undefined;
  /**
   * Schemas that all tenants share: names are found in the tenant's schema, then in these in their
   * order, then in `pg_catalog`, and nowhere else. Tables of all tenants and extensions live there;
   * `public` counts only where it is named. Default none. docs/shared-tables.md tells more.
   */
  sharedSchemas?: readonly string[] | undefined;
  /** Most connections to each database, however many tenants there are. Default 10. */
  max?: number | undefined;
  /** Most connections with the admin login, where that is another. Default 4. */
  adminMax?: number | undefined;
  /** Most connections that one tenant has at a time. Default as many as there are. */
  maxPerTenant?: number | undefined;
  /** Most statements and transactions that wait for a connection. Default 5,000. */
  maxQueue?: number | undefined;
  /** How long a statement waits for a connection, in milliseconds. Default 5,000; 0 waits for ever. */
  connectionTimeoutMs?: number | undefined;
  /**
   * How long the server lets a tenant's statement take, in milliseconds. Default 0, which leaves it
   * to the server's own setting. Where it is set, each statement carries it, but for those of
   * migrations.
   */
  statementTimeoutMs?: number | undefined;
  /**
   * Whether the small statement that sets a tenant's search path and role is prepared once on each
   * connection, which halves its cost. Default true; behind a pooler that does not keep prepared
   * statements the first one finds that out, and it goes on without.
   */
  prepareSettings?: boolean | undefined;
  /**
   * Whether statements on tenants' tables that repeat are prepared on the connections, which saves the
   * server from parsing and planning them each time. Default true: on connections to the server itself.
   * An object sets how many, and has it done behind a pooler too; docs/prepared-statements.md tells
   * more, and what to do about statements that a plan for any values does not suit.
   */
  preparedStatements?: boolean | PreparedStatementOptions | undefined;
  /**
   * Other limits for some tenants, by their plan for example. Asked once for each tenant, and again
   * where the tenant has changed.
   */
  limitsOf?: ((tenant: Tenant) => Partial<TenantLimits> | undefined) | undefined;
  /**
   * What is done about a statement that is sent as a tenant after its request was answered (see
   * `isOver` of runWithTenant): `tell` (default) publishes it as `late-statement`, `refuse` throws a
   * LateStatementError as well.
   */
  lateStatements?: LateStatements | undefined;
  /** From how many milliseconds on a statement is published as slow. Default 1,000. */
  slowStatementMs?: number | undefined;
  /** Tenants whose activity is counted one by one; all others are one sum. Default 100. */
  trackedTenants?: number | undefined;
  /** How long {@link ConnectionManager.close} waits for statements that run. Default 10,000. */
  drainTimeoutMs?: number | undefined;
  /** What the server shows in pg_stat_activity. Default PGAPPNAME, or else `mt-runtime`. */
  applicationName?: string | undefined;
}
