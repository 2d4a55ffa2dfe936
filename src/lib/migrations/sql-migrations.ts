import { createHash } from 'node:crypto';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { analyse } from '../sql/analysis.js';
import { lex } from '../sql/lexer.js';
import type { Migration, MigrationSource } from './migration.js';
import { createsTenantSchema, refuseSchemaChange } from './schema-statements.js';
import { readSqlFiles, type SqlFile } from './sql-files.js';
import { tenantTransaction } from './tenant-transaction.js';

export interface SqlMigrationsOptions {
  /**
   * Folder of `*.sql` files: drizzle-kit's `out`. They are applied in the order of its journal
   * (`meta/_journal.json`), and where there is none in that of their names.
   */
  directory: string;
}

/**
 * Migrations written as SQL files, for example by drizzle-kit. They name tenant tables through the
 * marker schema: `create table "$tenant"."invoices" (…)`.
 *
 * @throws ConfigurationError
 */
export function sqlMigrations(
  connections: ConnectionManager,
  { directory }: SqlMigrationsOptions,
): MigrationSource {
  if (typeof directory !== 'string' || directory === '') {
    throw new ConfigurationError('The option `directory` of sqlMigrations() is no path.', {
      remedy: 'Set it to the folder of the SQL files, for example drizzle-kit’s `out`.',
    });
  }
  return {
    load: async () => (await readSqlFiles(directory)).map(toMigration),
    transaction: (tenant, work) => tenantTransaction(connections, tenant, work),
  };
}

function toMigration({ name, text }: SqlFile): Migration {
  if (analyse(text).controlsTransaction) {
    throw new ConfigurationError(`The migration ${name} begins or ends a transaction.`, {
      remedy: 'Remove those statements: each migration of a tenant is a transaction of its own.',
    });
  }
  refuseSchemaChange(text, `The migration ${name}`);
  const statements = lex(text)
    .statements.filter((statement) => !createsTenantSchema(statement, name))
    .map(({ start, end }) => text.slice(start, end));
  return {
    name,
    // Line endings differ with the checkout and mean nothing.
    checksum: createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex'),
    async up(session) {
      for (const statement of statements) await session.query(statement);
    },
  };
}
