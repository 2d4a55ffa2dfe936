import type { ConnectionManagerOptions } from '@mt/runtime';
import { createLogins } from '@mt/runtime/embedded';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
import type { DatabaseServer } from './database-server.js';

/** What the environment says about connections, in the runtime's terms. */
export async function connectionOptions(
  server: DatabaseServer,
  config: ConfigService<Environment, true>,
): Promise<ConnectionManagerOptions> {
  const isolation = config.get('TENANT_ISOLATION', { infer: true });
  return {
    isolation,
    connectionString: server.connectionString,
    adminConnectionString: config.get('DATABASE_ADMIN_URL', { infer: true }),
    directConnectionString: config.get('DATABASE_DIRECT_URL', { infer: true }),
    // A superuser is not bound by any role, so the embedded server gets the same logins as production.
    ...(server.isEmbedded &&
      isolation === 'role' &&
      (await createLogins(server.connectionString))),
    max: config.get('DATABASE_POOL_SIZE', { infer: true }),
    maxPerTenant: config.get('DATABASE_MAX_PER_TENANT', { infer: true }),
    maxQueue: config.get('DATABASE_QUEUE_SIZE', { infer: true }),
    connectionTimeoutMs: config.get('DATABASE_CONNECTION_TIMEOUT_MS', {
      infer: true,
    }),
    statementTimeoutMs: config.get('DATABASE_STATEMENT_TIMEOUT_MS', {
      infer: true,
    }),
    slowStatementMs: config.get('DATABASE_SLOW_STATEMENT_MS', { infer: true }),
  };
}
