import type { DataSource, QueryRunner } from 'typeorm';
import { UnsupportedStatementError } from '../errors.js';

const WRITE_A_MIGRATION =
  'Write a migration: the ledger says what each tenant has, and knows nothing of what is changed past it.';
const USE_THE_MIGRATOR =
  'Use the Migrator with typeormMigrations(connections, classes): it migrates every tenant and keeps one ledger.';
const USE_THE_REGISTRY =
  'Leave it to tenants.create(): a tenant’s schema comes and goes with its row in the registry.';

/** What a DataSource can do to its whole database. Each would do it to the tenant in context. */
const OF_DATA_SOURCE = {
  synchronize: WRITE_A_MIGRATION,
  dropDatabase: WRITE_A_MIGRATION,
  runMigrations: USE_THE_MIGRATOR,
  undoLastMigration: USE_THE_MIGRATOR,
  showMigrations: 'Use migrator.status(), which tells what each tenant lacks.',
} satisfies Partial<Record<keyof DataSource, string>>;

const OF_QUERY_RUNNER = {
  clearDatabase: WRITE_A_MIGRATION,
  createDatabase: USE_THE_REGISTRY,
  dropDatabase: USE_THE_REGISTRY,
  createSchema: USE_THE_REGISTRY,
  dropSchema: USE_THE_REGISTRY,
} satisfies Partial<Record<keyof QueryRunner, string>>;

/**
 * Has a DataSource refuse what changes tenants without a record in the ledger, also on the ways that
 * lead there: TypeORM's own executor of migrations, its schema builder, its command line.
 */
export function refusePastTheLedger(dataSource: DataSource): void {
  Object.assign(dataSource, refusing(OF_DATA_SOURCE, 'dataSource'));
  dataSource.driver.createSchemaBuilder = () => {
    throw refusal('its schema builder', WRITE_A_MIGRATION);
  };
}

/** Has a query runner refuse the same. There is one for each operation, so the functions are shared. */
export function refuseOfRunner(runner: QueryRunner): QueryRunner {
  return Object.assign(runner, RUNNER_METHODS);
}

const RUNNER_METHODS = refusing(OF_QUERY_RUNNER, 'queryRunner');

function refusing(
  remedies: Readonly<Record<string, string>>,
  owner: string,
): Record<string, () => Promise<never>> {
  return Object.fromEntries(
    Object.entries(remedies).map(([method, remedy]) => [
      method,
      () => Promise.reject(refusal(`${owner}.${method}()`, remedy)),
    ]),
  );
}

function refusal(what: string, remedy: string): UnsupportedStatementError {
  return new UnsupportedStatementError(
    `TypeORM’s ${what} works past the ledger of migrations`,
    remedy,
  );
}
