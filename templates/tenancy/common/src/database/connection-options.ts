import type { ConnectionManagerOptions } from '@mt/runtime';
import { createLogins } from '@mt/runtime/embedded';
import type { Environment } from '../config/environment.js';
import type { DatabaseServer } from './database-server.js';

/** What the environment says about connections, in the runtime's terms. */
export async function connectionOptions(
  server: DatabaseServer,
  env: Environment,
): Promise<ConnectionManagerOptions> {
  const isolation = env.TENANT_ISOLATION;
  return {
    isolation,
    connectionString: server.connectionString,
    adminConnectionString: env.DATABASE_ADMIN_URL,
    directConnectionString: env.DATABASE_DIRECT_URL,
    // A superuser is not bound by any role, so the embedded server gets the same logins as production.
    ...(server.isEmbedded &&
      isolation === 'role' &&
      (await createLogins(server.connectionString))),
    max: env.DATABASE_POOL_SIZE,
    maxPerTenant: env.DATABASE_MAX_PER_TENANT,
    maxQueue: env.DATABASE_QUEUE_SIZE,
    connectionTimeoutMs: env.DATABASE_CONNECTION_TIMEOUT_MS,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    slowStatementMs: env.DATABASE_SLOW_STATEMENT_MS,
  };
}
