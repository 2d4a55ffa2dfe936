import { ConnectionManager } from '../../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../../connections/options.js';
import { runWithTenant } from '../../context.js';
import { MigrationFailedError } from '../../errors.js';
import { TENANT_MARKER } from '../../sql/lexer.js';
import type { Tenant } from '../../tenant/tenant.js';
import { tenantDataSourceOptions, type TenantDataSourceOptions } from '../tenant-data-source.js';
import { typeormMigrations, type MigrationClass } from '../typeorm-migrations.js';
import { RecordingDataSource } from './recording-data-source.js';

/** A name that is found again in any statement, and that PostgreSQL writes without quotes. */
const SCHEMA = 'mt_scratch_tenant';

const TENANT: Tenant = Object.freeze({
  id: SCHEMA,
  slug: SCHEMA,
  schema: SCHEMA,
  role: undefined,
  placement: DEFAULT_PLACEMENT,
  status: 'active',
  name: SCHEMA,
  metadata: Object.freeze({}),
  createdAt: new Date(0),
  updatedAt: new Date(0),
});

/** The only tenant of a scratch database. It is migrated just as the application's tenants are. */
export class ScratchTenant {
  readonly #connections: ConnectionManager;
  readonly #options: TenantDataSourceOptions;

  constructor(
    connectionString: string,
    sharedSchemas: readonly string[],
    options: TenantDataSourceOptions,
  ) {
    this.#connections = new ConnectionManager({ connectionString, sharedSchemas });
    this.#options = options;
  }

  /** Makes its schema anew, with nothing in it. */
  async clear(): Promise<void> {
    await this.#connections.adminQuery(`drop schema if exists ${SCHEMA} cascade`);
    await this.#connections.adminQuery(`create schema ${SCHEMA}`);
  }

  /** In the order of their timestamps, each in a transaction of its own. */
  async migrate(classes: readonly MigrationClass[]): Promise<void> {
    const source = typeormMigrations(this.#connections, classes, this.#options);
    for (const migration of await source.load()) {
      try {
        await source.transaction(TENANT, (session) => migration.up(session));
      } catch (error) {
        throw new MigrationFailedError(TENANT.slug, migration.name, error);
      }
    }
  }

  /** Sends statements as they stand in a migration, in one transaction. */
  async execute(statements: readonly string[]): Promise<void> {
    const source = typeormMigrations(this.#connections, []);
    await source.transaction(TENANT, async (session) => {
      for (const statement of statements) await session.query(statement);
    });
  }

  /** Runs `work` as this tenant, with a DataSource of the application's options. */
  async run<T>(work: (dataSource: RecordingDataSource) => Promise<T>): Promise<T> {
    const options = tenantDataSourceOptions(this.#connections, {
      ...this.#options,
      // What names no schema is the tenant's, TypeORM's own table of metadata among it.
      schema: TENANT_MARKER,
      subscribers: [],
      migrationsTransactionMode: 'all',
    });
    const dataSource = new RecordingDataSource(options, SCHEMA);
    await dataSource.initialize();
    try {
      return await runWithTenant(TENANT, () => work(dataSource));
    } finally {
      await dataSource.destroy();
    }
  }

  close(): Promise<void> {
    return this.#connections.close();
  }
}
