import type { SqlSession } from '../connections/sql-session.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { createRole, saysWhatIsInherited } from './create-role.js';
import { withRight } from './missing-right.js';
import { joinSharedRole } from './shared-role.js';

/** The roles beside those of tenants. */
export interface Roles {
  /** The one that the application logs in as. */
  readonly application: string;
  /** The one that reads what tenants share; undefined where they share nothing. */
  readonly shared?: string | undefined;
}

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
 * @throws ConfigurationError that names the missing right
 */
export async function setUpTenantRole(
  session: SqlSession,
  tenant: Tenant,
  { application, shared }: Roles,
): Promise<void> {
  if (tenant.role === undefined) return;
  const role = quoteIdentifier(tenant.role);
  const schema = quoteIdentifier(tenant.schema);
  const login = quoteIdentifier(application);
  await createRole(session, tenant.role);
  const options = (await saysWhatIsInherited(session)) ? ' with inherit false, set true' : '';
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
  if (shared !== undefined) await joinSharedRole(session, shared, [tenant.role]);
}

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
