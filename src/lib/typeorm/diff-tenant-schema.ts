import { DataSource, type DataSourceOptions } from 'typeorm';
import { quoteIdentifier } from '../sql/identifier.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import { sortByTimestamp, type MigrationClass } from './typeorm-migrations.js';

export interface DiffTenantSchemaOptions {
  /** The tenant entities. */
  entities: NonNullable<DataSourceOptions['entities']>;
  /** The migrations there are. */
  migrations: readonly MigrationClass[];
}

/** What the next migration has to do, and how to undo it. Empty where nothing is missing. */
export interface TenantSchemaDiff {
  readonly up: string[];
  readonly down: string[];
}

/**
 * Compares the entities with what the migrations build, by TypeORM's own generator. The migrations
 * run in a schema that is really called `$tenant`, in a scratch database which is dropped
 * afterwards: so the statements found are written against the marker.
 *
 * @param connectionString a server on which a database may be created
 */
export async function diffTenantSchema(
  connectionString: string,
  options: DiffTenantSchemaOptions,
): Promise<TenantSchemaDiff> {
  const scratch = `mt_diff_${process.pid}_${Date.now()}`;
  const server = await connect(connectionString, {});
  try {
    await server.query(`create database ${quoteIdentifier(scratch)}`);
    try {
      const database = await connect(connectionString, { ...options, database: scratch });
      try {
        return await diff(database, options.migrations);
      } finally {
        await database.destroy();
      }
    } finally {
      await server.query(`drop database if exists ${quoteIdentifier(scratch)}`);
    }
  } finally {
    await server.destroy();
  }
}

async function diff(
  database: DataSource,
  migrations: readonly MigrationClass[],
): Promise<TenantSchemaDiff> {
  await database.query(`create schema ${quoteIdentifier(TENANT_MARKER)}`);
  await database.transaction(async ({ queryRunner }) => {
    if (!queryRunner) throw new Error('TypeORM gave a transaction without a query runner.');
    for (const migration of sortByTimestamp(migrations.map((type) => new type()))) {
      await migration.up(queryRunner);
    }
  });
  const log = await database.driver.createSchemaBuilder().log();
  return {
    up: log.upQueries.map(({ query }) => query),
    down: log.downQueries.map(({ query }) => query).toReversed(),
  };
}

function connect(
  connectionString: string,
  options: { database?: string; entities?: DataSourceOptions['entities'] },
): Promise<DataSource> {
  const url = new URL(connectionString);
  if (options.database !== undefined) url.pathname = `/${options.database}`;
  return new DataSource({
    type: 'postgres',
    url: url.href,
    entities: options.entities ?? [],
    installExtensions: false,
  }).initialize();
}
