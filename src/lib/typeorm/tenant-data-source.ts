import pg from 'pg';
import {
  DataSource,
  type DataSourceOptions,
  type QueryRunner,
  type ReplicationMode,
} from 'typeorm';
import type { ConnectionManager } from '../connections/connection-manager.js';
import type { TenantPool } from '../connections/tenant-pool.js';
import { tryCurrentTenant, withoutTenant } from '../context.js';
import { ConfigurationError } from '../errors.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import { containLazyRelations } from './lazy-relations.js';
import { refuseOfRunner, refusePastTheLedger } from './past-the-ledger.js';
import { refuseOptions } from './refuse-options.js';
import { resolveMarker } from './resolve-marker.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

/** TypeORM's options for PostgreSQL, without those that the connection manager decides. */
export type TenantDataSourceOptions = Partial<PostgresOptions>;

/** What TypeORM leaves to an extension, and PostgreSQL has by itself: `gen_random_uuid()`. */
export const SCHEMA_DEFAULTS = { uuidExtension: 'pgcrypto' } as const;

/**
 * TypeORM's options for a {@link TenantDataSource}: for `TypeOrmModule.forRootAsync()`, which wants
 * to make the DataSource itself.
 *
 * @throws ConfigurationError for options that would reach past the tenant
 */
export function tenantDataSourceOptions(
  connections: ConnectionManager,
  options: TenantDataSourceOptions = {},
): PostgresOptions {
  return optionsOver(connections.pool, options);
}

function optionsOver(pool: TenantPool, options: TenantDataSourceOptions): PostgresOptions {
  refuseOptions(options);
  return {
    ...SCHEMA_DEFAULTS,
    ...options,
    type: 'postgres',
    driver: driverFor(pool),
    // Extensions belong to the database; a process that starts must not change it.
    installExtensions: false,
  };
}

/**
 * One TypeORM DataSource for all tenants. Each statement goes to the schema of the tenant that is
 * in context when it is sent. It shares the connection manager's pool, and destroying it leaves
 * that open.
 *
 * What would change tenants past the ledger of migrations is refused by an UnsupportedStatementError:
 * `synchronize()`, `dropDatabase()`, `runMigrations()`, `undoLastMigration()`, `showMigrations()`, and
 * what makes and drops schemas and databases of its query runners.
 */
export class TenantDataSource extends DataSource {
  /** @param options from {@link tenantDataSourceOptions}; only these go through the tenant pool */
  constructor(options: DataSourceOptions | undefined) {
    if (options?.type !== 'postgres' || !isDriver(options.driver)) {
      throw new ConfigurationError('This DataSource would not know the tenants.', {
        remedy: 'Make its options with tenantDataSourceOptions(connections, …).',
      });
    }
    // What was put beside them afterwards, the query cache for example.
    refuseOptions({ ...options, driver: undefined });
    super(options);
    containLazyRelations(this);
    resolveMarker(this, () => tryCurrentTenant()?.schema);
    refusePastTheLedger(this);
  }

  /** @throws ConfigurationError for options that would reach past the tenant */
  override setOptions(options: Partial<DataSourceOptions>): this {
    refuseOptions(options as TenantDataSourceOptions);
    return super.setOptions(options);
  }

  override createQueryRunner(mode?: ReplicationMode): QueryRunner {
    return refuseOfRunner(super.createQueryRunner(mode));
  }

  /** TypeORM asks the server for its version and such, which concerns no tenant. */
  override initialize(): Promise<this> {
    return withoutTenant(() => super.initialize());
  }
}

/**
 * A {@link TenantDataSource} that is not initialised yet.
 *
 * @throws ConfigurationError for options that would reach past the tenant
 */
export function createTenantDataSource(
  connections: ConnectionManager,
  options?: TenantDataSourceOptions,
): TenantDataSource {
  return new TenantDataSource(tenantDataSourceOptions(connections, options));
}

/**
 * The same with the login that owns the tenants' schemas: for migrations. A name without a schema
 * is the tenant's, TypeORM's own table of metadata among them.
 */
export function createAdminDataSource(
  connections: ConnectionManager,
  options: TenantDataSourceOptions = {},
): TenantDataSource {
  return new TenantDataSource(
    optionsOver(connections.adminPool, {
      ...options,
      schema: TENANT_MARKER,
      entities: [],
      subscribers: [],
    }),
  );
}

/** On the drivers that are made here. The same in all copies of this package. */
const DRIVER = Symbol.for('@mt/runtime/driver@1');

function isDriver(driver: unknown): boolean {
  return typeof driver === 'object' && driver !== null && DRIVER in driver;
}

/** What TypeORM takes for the `pg` package: its pool is ours. */
function driverFor(pool: TenantPool) {
  return {
    ...pg,
    [DRIVER]: true,
    defaults: pg.defaults,
    Pool: function TenantPool() {
      return poolOfDataSource(pool);
    },
  };
}

/**
 * All that TypeORM does with a pool. Its listener for errors would stay on the shared one when the
 * DataSource is destroyed; of a connection that is lost its statements tell.
 */
function poolOfDataSource(pool: TenantPool) {
  return {
    connect: pool.connect.bind(pool),
    query: pool.query.bind(pool),
    end: pool.end.bind(pool),
    on() {
      return this;
    },
  };
}
