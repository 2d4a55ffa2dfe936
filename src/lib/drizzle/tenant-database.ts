import type { DrizzleConfig } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError, UnsupportedStatementError } from '../errors.js';

/**
 * Drizzle's options, without its query cache: that one knows results by SQL and parameters, which
 * are the same for all tenants.
 */
export type TenantDatabaseOptions<TSchema extends Record<string, unknown>> = Omit<
  DrizzleConfig<TSchema>,
  'cache'
>;

/**
 * One Drizzle database for all tenants. Each statement goes to the schema of the tenant that is in
 * context when it is sent.
 *
 * Drizzle's own `migrate(db, …)` is refused: {@link Migrator} with `sqlMigrations()` applies the same
 * files to every tenant.
 *
 * @throws ConfigurationError where a query cache is given
 */
export function createTenantDatabase<
  TSchema extends Record<string, unknown> = Record<string, never>,
>(
  connections: ConnectionManager,
  options: TenantDatabaseOptions<TSchema> = {},
): NodePgDatabase<TSchema> {
  if ('cache' in options && options.cache) {
    throw new ConfigurationError(
      'Drizzle’s query cache would serve one tenant’s rows to another.',
      {
        remedy: 'Remove `cache`, and cache in your services, keyed by the tenant’s id.',
      },
    );
  }
  return refuseMigrate(drizzle(connections.pool as unknown as pg.Pool, options));
}

/**
 * Has Drizzle's own `migrate(db, …)` refused: it keeps one ledger in the schema `drizzle`, so what one
 * tenant got would count as done for all others, without an error and without their tables.
 */
function refuseMigrate<T extends object>(db: T): T {
  const { dialect } = db as { dialect?: object };
  if (!dialect) throw new Error('This version of Drizzle has no dialect where it is looked for.');
  Object.assign(dialect, {
    migrate: () =>
      Promise.reject(
        new UnsupportedStatementError(
          'Drizzle’s migrate() keeps one ledger for all tenants, and would migrate only the first',
          'Use the Migrator with sqlMigrations(connections, { directory }): it applies the same files to every tenant.',
        ),
      ),
  });
  return db;
}
