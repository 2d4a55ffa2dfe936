import type { DrizzleConfig } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import type pg from 'pg';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';

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
  return drizzle(connections.pool as unknown as pg.Pool, options);
}
