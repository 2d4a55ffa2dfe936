import { ConnectionManager } from '../../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../../connections/options.js';
import { runWithTenant } from '../../context.js';
import { MigrationFailedError } from '../../errors.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { TENANT_MARKER } from '../../sql/lexer.js';
import type { Tenant } from '../../tenant/tenant.js';
import { tenantDataSourceOptions, type TenantDataSourceOptions } from '../tenant-data-source.js';
import { typeormMigrations, type MigrationClass } from '../typeorm-migrations.js';
import { RecordingDataSource, type Part } from './recording-data-source.js';

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
  clear(): Promise<void> {
    return this.#makeAnew([SCHEMA]);
  }

  /** The same for the schemas that tenants share, with the extensions in them. */
  clearShared(): Promise<void> {
    return this.#makeAnew(this.#connections.sharedSchemas);
  }

  async #makeAnew(schemas: readonly string[]): Promise<void> {
    for (const schema of schemas.map(quoteIdentifier)) {
      await this.#connections.adminQuery(`drop schema if exists ${schema} cascade`);
      await this.#connections.adminQuery(`create schema ${schema}`);
    }
  }

  /** The migrations of a part, in the order of their timestamps, each in a transaction of its own. */
  async migrate(classes: readonly MigrationClass[], part: Part): Promise<void> {
    const source = typeormMigrations(this.#connections, classes, this.#options);
    const tenant = part === 'tenant' ? TENANT : undefined;
    for (const migration of await source.load()) {
      if (migration.shared !== (part === 'shared')) continue;
      try {
        await source.transaction(tenant, (session) => migration.up(session));
      } catch (error) {
        throw new MigrationFailedError(tenant?.slug, migration.name, error);
      }
    }
  }

  /** Sends statements as they stand in a migration of a part, in one transaction. */
  async execute(statements: readonly string[], part: Part): Promise<void> {
    const source = typeormMigrations(this.#connections, []);
    await source.transaction(part === 'tenant' ? TENANT : undefined, async (session) => {
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
