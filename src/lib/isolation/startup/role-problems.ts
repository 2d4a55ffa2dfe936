import type { ConnectionManager } from '../../connections/connection-manager.js';
import type { TenantRegistry } from '../../registry/tenant-registry.js';
import { tenantsWithSchemas } from './tenants-with-schemas.js';

/** What the application's login may do that role isolation must not leave to it. */
export async function roleProblems(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<string[]> {
  const { rows } = await connections.unscopedQuery<Login>(LOGIN, undefined, placement);
  const [found] = rows;
  if (!found) return [];
  const { login, superuser, createrole } = found;
  // To a superuser everything else applies as well, and says nothing more.
  if (superuser)
    return [`the application logs in as the superuser ${login}, whom no role restricts`];
  const { owners, readable } = await reachOf(connections, registry, placement);
  const problems: string[] = [];
  if (createrole) problems.push(`the application’s login ${login} has CREATEROLE`);
  if (owners.length > 0) {
    problems.push(
      `the application’s login ${login} is, or may become, the owner of tenants’ schemas (${owners.join(', ')})`,
    );
  } else if (readable.length > 0) {
    problems.push(
      `the application’s login ${login} has rights of its own on tenants’ schemas (${readable.slice(0, 3).join(', ')}, …): make it NOINHERIT and revoke them`,
    );
  }
  return problems;
}

interface Login {
  readonly login: string;
  readonly superuser: boolean;
  readonly createrole: boolean;
}

const LOGIN = `select rolname as login, rolsuper as superuser, rolcreaterole as createrole
  from pg_roles where rolname = session_user`;

/** Whose schemas of tenants the login may become the owner of, and those of which tenants it reads. */
async function reachOf(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<{ readonly owners: readonly string[]; readonly readable: readonly string[] }> {
  const { rows } = await connections.unscopedQuery<Reach>(REACH, undefined, placement);
  const tenants = await tenantsWithSchemas(
    registry,
    placement,
    rows.map(({ schema }) => schema),
  );
  const reach = new Map(rows.map((row) => [row.schema, row]));
  const owners = tenants.flatMap(({ schema }) => reach.get(schema)?.owner ?? []);
  const readable = tenants.filter(({ schema }) => reach.get(schema)?.reads);
  return { owners: [...new Set(owners)].toSorted(), readable: readable.map(({ slug }) => slug) };
}

interface Reach {
  readonly schema: string;
  /** Null where the login cannot become it. */
  readonly owner: string | null;
  readonly reads: boolean;
}

const REACH = `
  select * from (
    select nspname::text as schema,
      case when pg_has_role(session_user, nspowner, 'member')
        then pg_get_userbyid(nspowner)::text end as owner,
      has_schema_privilege(session_user, oid, 'usage') as reads
    from pg_namespace) as reach
  where owner is not null or reads`;

/** Under role isolation such a tenant is not served, which the others need not suffer for. */
export async function tenantsWithoutRole(
  connections: ConnectionManager,
  { control }: TenantRegistry,
  placement: string,
): Promise<string[]> {
  if (connections.isolation !== 'role') return [];
  const { rows } = await control.query<{ count: number }>(
    `select count(*)::integer as count from ${control.tables.tenants}
     where role_name is null and status in ('active', 'suspended') and placement = $1`,
    [placement],
  );
  const count = rows[0]?.count ?? 0;
  return count > 0
    ? [`Tenants without a role, which are not served: ${count}. Run tenants.createRoles() once.`]
    : [];
}
