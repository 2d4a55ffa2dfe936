import type { ConnectionManager } from '../../connections/connection-manager.js';
import { runWithTenant, withoutTenant } from '../../context.js';
import { searchPath } from '../../scope/search-path.js';
import type { Tenant } from '../../tenant/tenant.js';

/** Statements sent at the same time, for each connection: enough that they meet. */
const PROBES_PER_CONNECTION = 4;

/**
 * Sends probes as the tenants and as nobody, at the same time: the settings arrive with their
 * statement, and are gone behind it, on every connection.
 */
export async function scopeProblems(
  connections: ConnectionManager,
  placement: string,
  tenants: readonly Tenant[],
): Promise<string[]> {
  if (tenants.length === 0) return [];
  const probes = Array.from(
    { length: PROBES_PER_CONNECTION * connections.placement(placement).application.max },
    (_, number) =>
      probeScope(connections, placement, tenants, tenants[number % (tenants.length + 1)]),
  );
  const problems = (await Promise.all(probes)).filter((problem) => problem !== undefined);
  return [...new Set(problems)];
}

const SCOPE = `select current_setting('search_path') as path, current_user::text as role,
  session_user::text as login`;

/** @param tenant undefined to ask without one */
async function probeScope(
  connections: ConnectionManager,
  placement: string,
  tenants: readonly Tenant[],
  tenant: Tenant | undefined,
): Promise<string | undefined> {
  const pool = connections.poolIn(placement);
  const ask = () => pool.query<{ path: string; role: string; login: string }>(SCOPE);
  const { rows } = await (tenant ? runWithTenant(tenant, ask) : withoutTenant(ask));
  const { path = '', role = '', login = '' } = rows[0] ?? {};
  const pathOf = (other: Tenant) => searchPath(other, connections.sharedSchemas);
  if (!tenant) {
    const stays = role !== login || tenants.some((other) => path === pathOf(other));
    return stays ? 'the settings of a statement stay on its connection' : undefined;
  }
  if (path !== pathOf(tenant)) {
    return 'the settings of a statement do not arrive with it: something between here and the server takes the two apart';
  }
  const expected = connections.isolation === 'role' ? tenant.role : login;
  return role === expected ? undefined : 'a statement does not run as its tenant’s role';
}
