import { createHash } from 'node:crypto';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { analyse } from '../sql/analysis.js';
import { lex, type Statement } from '../sql/lexer.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';
import {
  createsSharedSchema,
  createsTenantSchema,
  refuseSchemaChange,
} from './schema-statements.js';
import { isAboutShared, refuseBeyondTenant } from './shared-statements.js';
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
 * What a statement makes in a schema that tenants share (`sharedSchemas` of the connection manager) is
 * applied once, before the tenants' part of any file: `create table "shared"."countries" (…)`, and
 * everything in a file whose name ends in `.shared.sql`.
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
  const { sharedSchemas } = connections;
  return {
    load: async () =>
      (await readSqlFiles(directory)).flatMap((file) => toMigrations(file, sharedSchemas)),
    transaction: (tenant, work) => tenantTransaction(connections, tenant, work),
  };
}

/** All of such a file is shared, whatever its statements name. */
const SHARED = /\.shared$/;

/**
 * What a file has for the tenants, and what it has for the schemas that they share: one drizzle-kit
 * writes both into one file.
 */
function toMigrations({ name, text }: SqlFile, sharedSchemas: readonly string[]): Migration[] {
  if (analyse(text).controlsTransaction) {
    throw new ConfigurationError(`The migration ${name} begins or ends a transaction.`, {
      remedy: 'Remove those statements: each migration of a tenant is a transaction of its own.',
    });
  }
  const { statements } = lex(text);
  const allShared = SHARED.test(name);
  const shared = statements.filter(
    (statement) => allShared || isAboutShared(statement, text, sharedSchemas),
  );
  const own = statements.filter((statement) => !shared.includes(statement));
  const toMigration = (parts: readonly Statement[]) => ({
    name,
    // Line endings differ with the checkout and mean nothing.
    checksum: createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex'),
    async up(session: MigrationSession) {
      for (const { start, end } of parts) await session.query(text.slice(start, end));
    },
  });
  const migrations: Migration[] = [];
  if (shared.length > 0) {
    const missing = shared.filter((part) => !createsSharedSchema(part, sharedSchemas));
    migrations.push({ ...toMigration(missing), shared: true });
  }
  // A file without a statement is a migration as well: it was one yesterday, or will be tomorrow.
  if (own.length > 0 || shared.length === 0) {
    const kept = own.filter((part) => !createsTenantSchema(part, name));
    for (const { start, end } of kept) {
      const part = text.slice(start, end);
      refuseSchemaChange(part, `The migration ${name}`);
      refuseBeyondTenant(part, sharedSchemas, undefined, `The migration ${name}`);
    }
    migrations.push(toMigration(kept));
  }
  return migrations;
}
