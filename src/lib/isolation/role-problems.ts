import type { ConnectionManager } from '../connections/connection-manager.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';

/** What the application's login may do that role isolation must not leave to it. */
export async function roleProblems(
  connections: ConnectionManager,
  { tables }: TenantRegistry,
): Promise<string[]> {
  const { rows } = await connections.unscopedQuery<{
    login: string;
    superuser: boolean;
    createrole: boolean;
    owners: string[];
    readable: string[];
  }>(
    `select rolname as login, rolsuper as superuser, rolcreaterole as createrole,
       array(
         select distinct pg_get_userbyid(nspowner)::text
         from pg_namespace join ${tables.tenants} on nspname = schema_name
         where pg_has_role(rolname, nspowner, 'member')
       ) as owners,
       array(
         select slug from pg_namespace join ${tables.tenants} on nspname = schema_name
         where has_schema_privilege(rolname, pg_namespace.oid, 'usage') limit 3
       ) as readable
     from pg_roles where rolname = session_user`,
  );
  const [found] = rows;
  if (!found) return [];
  const { login, superuser, createrole, owners, readable } = found;
  // To a superuser everything else applies as well, and says nothing more.
  if (superuser)
    return [`the application logs in as the superuser ${login}, whom no role restricts`];
  const problems: string[] = [];
  if (createrole) problems.push(`the application’s login ${login} has CREATEROLE`);
  if (owners.length > 0) {
    problems.push(
      `the application’s login ${login} is, or may become, the owner of tenants’ schemas (${owners.join(', ')})`,
    );
  } else if (readable.length > 0) {
    problems.push(
      `the application’s login ${login} has rights of its own on tenants’ schemas (${readable.join(', ')}, …): make it NOINHERIT and revoke them`,
    );
  }
  return problems;
}

/** Under role isolation such a tenant is not served, which the others need not suffer for. */
export async function tenantsWithoutRole(
  connections: ConnectionManager,
  { tables }: TenantRegistry,
): Promise<string[]> {
  if (connections.isolation !== 'role') return [];
  const { rows } = await connections.unscopedQuery<{ count: number }>(
    `select count(*)::integer as count from ${tables.tenants}
     where role_name is null and status in ('active', 'suspended')`,
  );
  const count = rows[0]?.count ?? 0;
  return count > 0
    ? [`Tenants without a role, which are not served: ${count}. Run tenants.createRoles() once.`]
    : [];
}
