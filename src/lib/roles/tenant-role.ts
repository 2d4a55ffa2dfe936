import { hasSqlState, SqlState } from '../connections/pg-errors.js';
import { ConfigurationError } from '../errors.js';
import type { MigrationSession } from '../migrations/migration.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';

/** What a tenant may do in its own schema. It may not change tables: that is for migrations. */
const RIGHTS = {
  tables: 'select, insert, update, delete, truncate',
  sequences: 'usage, select, update',
  functions: 'execute',
} as const;

/**
 * Creates the tenant's role where it is missing, gives it its rights on the tenant's schema, also on
 * what later migrations create there, and lets the application's login run statements as it.
 *
 * The application does not inherit those rights: as itself it may do nothing in the schema.
 *
 * @param session with the login that owns the schema, in a transaction
 * @param application the role that the application logs in as
 * @throws ConfigurationError that names the missing right
 */
export async function setUpTenantRole(
  session: MigrationSession,
  tenant: Tenant,
  application: string,
): Promise<void> {
  if (tenant.role === undefined) return;
  const role = quoteIdentifier(tenant.role);
  const schema = quoteIdentifier(tenant.schema);
  const login = quoteIdentifier(application);
  if (!(await roleExists(session, tenant.role))) await createRole(session, role);
  await session.query(`grant ${role} to ${login}${await grantOptions(session)}`);
  await session.query(`grant usage on schema ${schema} to ${role}`);
  for (const [objects, rights] of Object.entries(RIGHTS)) {
    await session.query(`grant ${rights} on all ${objects} in schema ${schema} to ${role}`);
    await session.query(
      `alter default privileges in schema ${schema} grant ${rights} on ${objects} to ${role}`,
    );
  }
}

async function roleExists(session: MigrationSession, role: string): Promise<boolean> {
  const { rows } = await session.query('select from pg_catalog.pg_roles where rolname = $1', [
    role,
  ]);
  return rows.length > 0;
}

async function createRole(session: MigrationSession, role: string): Promise<void> {
  try {
    await session.query(`create role ${role} nologin noinherit`);
  } catch (error) {
    if (!hasSqlState(error, SqlState.insufficientPrivilege)) throw error;
    throw new ConfigurationError('The admin login may not create the roles of tenants.', {
      cause: error,
      remedy:
        'Grant it that: ALTER ROLE <the user of DATABASE_ADMIN_URL> CREATEROLE. Where the server does not allow it, use `isolation: "schema"`.',
    });
  }
}

/** Since PostgreSQL 16 a grant says whether it is inherited; before, the login is NOINHERIT itself. */
async function grantOptions(session: MigrationSession): Promise<string> {
  const { rows } = await session.query(
    "select current_setting('server_version_num')::integer as version",
  );
  return Number(rows[0]?.['version']) >= 160_000 ? ' with inherit false, set true' : '';
}
