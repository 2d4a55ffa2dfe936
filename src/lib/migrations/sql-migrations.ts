import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { searchPath } from '../scope/search-path.js';
import { analyse } from '../sql/analysis.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { lex, type Statement } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';

export interface SqlMigrationsOptions {
  /** Folder of `*.sql` files, applied in the order of their names: drizzle-kit's `out`. */
  directory: string;
}

/**
 * Migrations written as SQL files, for example by drizzle-kit. They name tenant tables through the
 * marker schema: `create table "$tenant"."invoices" (…)`.
 */
export function sqlMigrations(
  connections: ConnectionManager,
  options: SqlMigrationsOptions,
): MigrationSource {
  return {
    load: () => loadDirectory(options.directory),
    transaction: (tenant, work) => inTransaction(connections, tenant, work),
  };
}

async function loadDirectory(directory: string): Promise<Migration[]> {
  const files = (await readdirOrExplain(directory)).filter((file) => file.endsWith('.sql'));
  return Promise.all(
    files
      .toSorted()
      .map(async (file) => toMigration(file, await readFile(join(directory, file), 'utf8'))),
  );
}

async function readdirOrExplain(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw new ConfigurationError(`The folder of migrations ${directory} cannot be read.`, {
      cause: error,
      remedy:
        'Generate the first migration, or correct the path; it must be deployed with the app.',
    });
  }
}

function toMigration(file: string, text: string): Migration {
  const name = file.slice(0, -'.sql'.length);
  if (analyse(text).controlsTransaction) {
    throw new ConfigurationError(`The migration ${file} begins or ends a transaction.`, {
      remedy: 'Remove those statements: each tenant is migrated in a transaction of its own.',
    });
  }
  return {
    name,
    // Line endings differ with the checkout and mean nothing.
    checksum: createHash('sha256').update(text.replaceAll('\r\n', '\n')).digest('hex'),
    async up(session) {
      for (const statement of lex(text).statements) {
        if (createsTenantSchema(statement)) continue;
        await session.query(text.slice(statement.start, statement.end));
      }
    },
  };
}

/** drizzle-kit creates the marker schema in its first migration; here the runtime does that. */
function createsTenantSchema({ words, marked }: Statement): boolean {
  return marked && words[0] === 'create' && words[1] === 'schema';
}

async function inTransaction<T>(
  connections: ConnectionManager,
  tenant: Tenant,
  work: (session: MigrationSession) => Promise<T>,
): Promise<T> {
  const connection = await connections.checkoutAdmin(tenant.placement);
  const { client } = connection;
  const schema = quoteIdentifier(tenant.schema);
  // Closing a connection rolls back, also where the connection is what failed.
  let close = true;
  let mayLeaveState = false;
  try {
    await client.query('begin');
    const result = await work({
      async query(text, values) {
        const analysis = analyse(text);
        mayLeaveState ||= analysis.mayLeaveState;
        return client.query(analysis.segments.join(schema), values);
      },
      async enter() {
        const path = searchPath(tenant, connections.sharedSchemas);
        await client.query("select set_config('search_path', $1, true)", [path]);
      },
    });
    await client.query('commit');
    close = mayLeaveState;
    return result;
  } finally {
    connection.release(close);
  }
}
