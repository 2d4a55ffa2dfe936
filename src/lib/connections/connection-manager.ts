import pg from 'pg';
import { withoutTenant } from '../context.js';
import { ConfigurationError } from '../errors.js';
import { contained } from '../contained.js';
import type { Connection } from './connection.js';
import { PlacementPool } from './placement-pool.js';
import { TenantPool, type Placements } from './tenant-pool.js';

/** The placement of tenants that were put nowhere else, and of the registry. */
export const DEFAULT_PLACEMENT = 'main';

export interface ConnectionManagerOptions {
  /** The database of the `main` placement, as a URL. */
  connectionString?: string;
  /** Further settings of node-postgres for every placement, for example `ssl`. */
  pool?: pg.PoolConfig;
  /** Databases by name, instead of `connectionString`. One of them is `main`. */
  placements?: Readonly<Record<string, pg.PoolConfig>>;
  /** Most connections to each database, however many tenants there are. Default 10. */
  max?: number;
  /** How long a statement waits for a connection, in milliseconds. Default 5,000; 0 waits for ever. */
  connectionTimeoutMs?: number;
  /** How long {@link ConnectionManager.close} waits for statements that run. Default 10,000. */
  drainTimeoutMs?: number;
  /** What the server shows in pg_stat_activity. Default `mt-runtime`. */
  applicationName?: string;
  /** Told of connections that were lost while idle. The pool replaces them by itself. */
  onConnectionLost?: (error: Error, placement: string) => void;
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
export class ConnectionManager implements Placements {
  /** Scoped to the tenant in context. One object for all tenants and all ORMs. */
  readonly pool: TenantPool;
  readonly #placements: ReadonlyMap<string, PlacementPool>;
  readonly #drainTimeoutMs: number;
  #closed: Promise<unknown> | undefined;

  /** @throws ConfigurationError */
  constructor(options: ConnectionManagerOptions) {
    this.#drainTimeoutMs = options.drainTimeoutMs ?? 10_000;
    this.#placements = new Map(
      Object.entries(poolConfigs(options)).map(([name, config]) => [
        name,
        new PlacementPool(config, (error) => {
          contained(() => options.onConnectionLost?.(error, name));
        }),
      ]),
    );
    this.pool = new TenantPool(this);
  }

  /** @throws ConfigurationError for a placement that was not configured */
  placement(name: string = DEFAULT_PLACEMENT): PlacementPool {
    const placement = this.#placements.get(name);
    if (!placement) {
      throw new ConfigurationError(`There is no placement ${JSON.stringify(name)}.`, {
        remedy: `Configure it, or move the tenant to one of: ${[...this.#placements.keys()].join(', ')}.`,
      });
    }
    return placement;
  }

  *pools(): Iterable<pg.Pool> {
    for (const { pool } of this.#placements.values()) yield pool;
  }

  /** Sends one statement without a tenant: for the registry and the ledger. */
  unscopedQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return withoutTenant(() => this.pool.query<R>(text, values));
  }

  /**
   * Checks a connection out without any scoping: for migrations. What goes through it reaches every
   * schema that the login role may reach. The caller releases it.
   *
   * @throws ConnectionTimeoutError
   */
  checkoutUnscoped(placement?: string): Promise<Connection> {
    return new Promise((resolve, reject) => {
      this.placement(placement).checkout((error, connection) =>
        connection ? resolve(connection) : reject(error),
      );
    });
  }

  /** A connection that does not come out of the pool. The caller connects and ends it. */
  separateClient(placement?: string): pg.Client {
    return new pg.Client(this.placement(placement).config);
  }

  /** Most connections to one database. */
  get maxConnections(): number {
    return this.placement().config.max ?? 1;
  }

  /** Connections in use right now. */
  getActiveCount(): number {
    return this.pool.totalCount - this.pool.idleCount;
  }

  /** Open connections that nobody uses. */
  getIdleCount(): number {
    return this.pool.idleCount;
  }

  /** Open connections, in use or not. */
  getTotalCount(): number {
    return this.pool.totalCount;
  }

  /** Statements and transactions that wait for a connection. */
  getWaitingCount(): number {
    return this.pool.waitingCount;
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
      [...this.#placements.values()].map((placement) => placement.close(this.#drainTimeoutMs)),
    );
    return this.#closed.then(() => undefined);
  }
}

function poolConfigs(options: ConnectionManagerOptions): Record<string, pg.PoolConfig> {
  const max = options.max ?? options.pool?.max ?? 10;
  if (!Number.isInteger(max) || max < 1) {
    throw new ConfigurationError(`A pool of ${max} connections cannot work.`, {
      remedy: 'Set `max` to a whole number of 1 or more.',
    });
  }
  const placements = options.placements ?? {
    [DEFAULT_PLACEMENT]: { connectionString: requireConnectionString(options) },
  };
  if (!placements[DEFAULT_PLACEMENT]) {
    throw new ConfigurationError(`No placement is named ${JSON.stringify(DEFAULT_PLACEMENT)}.`, {
      remedy: 'Name one of them so: the registry lives there.',
    });
  }
  return Object.fromEntries(
    Object.entries(placements).map(([name, placement]) => {
      const config = {
        application_name: options.applicationName ?? 'mt-runtime',
        connectionTimeoutMillis: options.connectionTimeoutMs ?? 5_000,
        ...options.pool,
        ...placement,
        max,
      };
      if ('pipeline' in config && config.pipeline) {
        throw new ConfigurationError('node-postgres’ pipeline mode cannot be used.', {
          remedy:
            'Remove `pipeline: true`: it sends statements on after a BEGIN that failed, outside of any transaction.',
        });
      }
      return [name, config];
    }),
  );
}

function requireConnectionString({ connectionString, pool }: ConnectionManagerOptions) {
  if (connectionString || pool?.connectionString || pool?.host || pool?.database) {
    return connectionString ?? pool?.connectionString;
  }
  throw new ConfigurationError('No database is configured.', {
    remedy: 'Set `connectionString`, for example from DATABASE_URL.',
  });
}
