import { createHash } from 'node:crypto';
import type pg from 'pg';
import { adminTransaction } from '../connections/admin-transaction.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { quotedSchema, searchPath } from '../connections/tenant-scope.js';
import { ConfigurationError } from '../errors.js';
import { analyse } from '../sql/analysis.js';
import { lex } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';
import { createsTenantSchema } from './schema-statements.js';
import { readSqlFiles, type SqlFile } from './sql-files.js';

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
    transaction: (tenant, work) => inTransaction(connections, tenant, work),
  };
}

function toMigration({ name, text }: SqlFile): Migration {
  if (analyse(text).controlsTransaction) {
    throw new ConfigurationError(`The migration ${name} begins or ends a transaction.`, {
      remedy: 'Remove those statements: each migration of a tenant is a transaction of its own.',
    });
  }
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

function inTransaction<T>(
  connections: ConnectionManager,
  tenant: Tenant,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  const schema = quotedSchema(tenant);
  const run = async (client: pg.ClientBase, spoil: () => void) => {
    await client.query("select set_config('search_path', $1, true)", [searchPath(tenant)]);
    return work({
      async query(text, values) {
        const analysis = analyse(text);
        if (analysis.mayLeaveState) spoil();
        return client.query(analysis.segments.join(schema), values);
      },
    });
  };
  return adminTransaction(connections, run, tenant.placement);
}
