import { createLogins, startEmbeddedPostgres } from '@mt/runtime/embedded';
import { validateEnvironment } from '../../src/config/environment.js';

/** Gives the tests a PostgreSQL of their own, unless DATABASE_URL names one. */
export default async function setup() {
  const { DATABASE_URL } = process.env;
  if (DATABASE_URL) return undefined;

  const server = await startEmbeddedPostgres({
    directory: '.postgres/test',
    ephemeral: true,
  });
  const { connectionString } = server;
  const { TENANT_ISOLATION } = validateEnvironment({
    ...process.env,
    DATABASE_URL: connectionString,
  });
  const logins =
    TENANT_ISOLATION === 'role'
      ? await createLogins(connectionString)
      : { connectionString, adminConnectionString: '' };
  // Empty variables override the .env file: the tests must not reach another database.
  Object.assign(process.env, {
    TENANT_ISOLATION,
    DATABASE_URL: logins.connectionString,
    DATABASE_ADMIN_URL: logins.adminConnectionString,
    DATABASE_DIRECT_URL: '',
  });
  return () => server.stop();
}
