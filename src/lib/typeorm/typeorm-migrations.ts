import type { DataSource, MigrationInterface, QueryRunner } from 'typeorm';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { runWithTenant, tryCurrentTenant, withoutTenant } from '../context.js';
import { ConfigurationError } from '../errors.js';
import type { Migration, MigrationSession, MigrationSource } from '../migrations/migration.js';
import { refuseSchemaChange } from '../migrations/schema-statements.js';
import { refuseBeyondTenant } from '../migrations/shared-statements.js';
import { namesTenant } from '../migrations/tenant-transaction.js';
import { analyse } from '../sql/analysis.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import { migrationRunner } from './migration-runner.js';
import { createAdminDataSource, type TenantDataSourceOptions } from './tenant-data-source.js';

/** A TypeORM migration as its generator writes it: `CreateInvoices1735689600000`. */
export type MigrationClass = new () => MigrationInterface & {
  /** Whether it is applied once, to the schemas that tenants share. Default false. */
  readonly shared?: boolean;
};
type MigrationInstance = InstanceType<MigrationClass>;

interface TypeOrmSession extends MigrationSession {
  readonly runner: QueryRunner;
}

/**
 * Migrations written as TypeORM's classes. They name tenant tables through the marker schema:
 * `CREATE TABLE "$tenant"."invoices" (…)`, which is what TypeORM generates for tenant entities, and
 * `queryRunner.addColumn('$tenant.invoices', …)`. One with `shared = true` is applied once, to the
 * schemas that tenants share, before all others.
 *
 * @param options those of the application's DataSource, for the methods of QueryRunner that make
 *   names of their own: `namingStrategy`, `uuidExtension`, `metadataTableName`
 * @throws ConfigurationError where a class name does not end in the 13 digits of its timestamp, or a
 *   class asks for no transaction
 */
export function typeormMigrations(
  connections: ConnectionManager,
  classes: readonly MigrationClass[],
  options?: TenantDataSourceOptions,
): MigrationSource<TypeOrmSession> {
  const migrations = sortByTimestamp(classes.map((migration) => new migration())).map((migration) =>
    toMigration(migration, connections.sharedSchemas),
  );
  let initialising: Promise<DataSource> | undefined;
  const dataSource = async () => {
    initialising ??= createAdminDataSource(connections, options).initialize();
    try {
      return await initialising;
    } catch (error) {
      // The next call tries again.
      initialising = undefined;
      throw error;
    }
  };
  return {
    load: () => Promise.resolve(migrations),
    transaction: async (tenant, work) => inTransaction(await dataSource(), tenant, work),
  };
}

export function migrationName(migration: MigrationInterface): string {
  return migration.name ?? migration.constructor.name;
}

export function sortByTimestamp<T extends MigrationInterface>(migrations: readonly T[]): T[] {
  return migrations
    .map((migration) => ({ migration, at: timestamp(migration) }))
    .toSorted((one, other) => one.at - other.at)
    .map(({ migration }) => migration);
}

function timestamp(migration: MigrationInterface): number {
  const digits = /\d{13}$/.exec(migrationName(migration))?.[0];
  if (digits !== undefined) return Number(digits);
  throw new ConfigurationError(`The migration ${migrationName(migration)} has no timestamp.`, {
    remedy: 'End its class name in the 13 digits of a JavaScript timestamp.',
  });
}

/** A class has no text that survives compilation unchanged, so an edit cannot be told. */
function toMigration(
  migration: MigrationInstance,
  sharedSchemas: readonly string[],
): Migration<TypeOrmSession> {
  if (migration.transaction === false) {
    throw new ConfigurationError(
      `The migration ${migrationName(migration)} asks for no transaction, and each is one.`,
      {
        remedy:
          'Remove `transaction = false`: the migration and its row in the ledger are one transaction.',
      },
    );
  }
  const refuse = migration.shared ? refuseMarker : refuseOfTenants(sharedSchemas);
  return {
    name: migrationName(migration),
    checksum: undefined,
    shared: migration.shared === true,
    up: async ({ runner }) => migration.up(migrationRunner(runner, refuse)),
  };
}

function refuseMarker(text: string): void {
  if (analyse(text).marked) throw namesTenant();
}

function refuseOfTenants(sharedSchemas: readonly string[]) {
  return (text: string) => {
    refuseSchemaChange(text);
    // TypeORM's methods have put the tenant's schema in the place of the marker.
    const own = [TENANT_MARKER, tryCurrentTenant()?.schema ?? TENANT_MARKER];
    refuseBeyondTenant(text, sharedSchemas, own);
  };
}

async function inTransaction<T>(
  dataSource: DataSource,
  tenant: Tenant | undefined,
  work: (session: TypeOrmSession) => Promise<T>,
): Promise<T> {
  const transact = () =>
    dataSource.transaction(({ queryRunner }) => {
      if (!queryRunner) throw new Error('TypeORM gave a transaction without a query runner.');
      return work({
        runner: queryRunner,
        async query(text, values) {
          const { records } = await queryRunner.query(text, values, true);
          return { rows: records };
        },
      });
    });
  return tenant ? runWithTenant(tenant, transact) : withoutTenant(transact);
}
