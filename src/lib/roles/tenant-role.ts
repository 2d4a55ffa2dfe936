import type { MigrationSession } from '../migrations/migration.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { withRight } from './missing-right.js';

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
  if (!(await roleExists(session, tenant.role))) {
    await withRight(CREATE_ROLE, () => session.query(`create role ${role} nologin noinherit`));
  }
  const options = await grantOptions(session);
  await withRight(GRANT_ROLE, () => session.query(`grant ${role} to ${login}${options}`));
  await withRight(OWN_SCHEMA, async () => {
    await session.query(`grant usage on schema ${schema} to ${role}`);
    for (const [objects, rights] of Object.entries(RIGHTS)) {
      await session.query(`grant ${rights} on all ${objects} in schema ${schema} to ${role}`);
      await session.query(
        `alter default privileges in schema ${schema} grant ${rights} on ${objects} to ${role}`,
      );
    }
  });
}

const CREATE_ROLE = {
  problem: 'The admin login may not create the roles of tenants.',
  remedy:
    'Grant it that: ALTER ROLE <the user of DATABASE_ADMIN_URL> CREATEROLE. Where the server does not allow it, use `isolation: "schema"`.',
};
const GRANT_ROLE = {
  problem: 'The admin login may not grant the role of a tenant, which another login has created.',
  remedy:
    'Grant it the role: GRANT <the tenant’s role> TO <the user of DATABASE_ADMIN_URL> WITH ADMIN OPTION.',
};
const OWN_SCHEMA = {
  problem: 'The admin login does not own all of a tenant’s schema, so it cannot give rights on it.',
  remedy:
    'Let it own what another login has created: REASSIGN OWNED BY <that login> TO <the user of DATABASE_ADMIN_URL>.',
};

async function roleExists(session: MigrationSession, role: string): Promise<boolean> {
  const { rows } = await session.query('select from pg_catalog.pg_roles where rolname = $1', [
    role,
  ]);
  return rows.length > 0;
}

/** Since PostgreSQL 16 a grant says whether it is inherited; before, the login is NOINHERIT itself. */
async function grantOptions(session: MigrationSession): Promise<string> {
  const { rows } = await session.query(
    "select current_setting('server_version_num')::integer as version",
  );
  return Number(rows[0]?.['version']) >= 160_000 ? ' with inherit false, set true' : '';
}
