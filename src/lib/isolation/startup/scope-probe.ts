import type { ConnectionManager } from '../../connections/connection-manager.js';
import { runWithTenant, withoutTenant } from '../../context.js';
import { searchPath } from '../../scope/search-path.js';
import type { Tenant } from '../../tenant/tenant.js';
import { settleProbes } from './settle-probes.js';

/** Enough that each kind of them comes behind each other kind on a connection, several times. */
const PROBES = 48;

/**
 * Sends probes as the tenants and as nobody, several at the same time: the settings arrive with their
 * statement, and are gone behind it.
 */
export async function scopeProblems(
  connections: ConnectionManager,
  placement: string,
  tenants: readonly Tenant[],
): Promise<string[]> {
  if (tenants.length === 0) return [];
  const probes = Array.from(
    { length: PROBES },
    (_, number) => () =>
      probeScope(connections, placement, tenants, tenants[number % (tenants.length + 1)]),
  );
  const problems = (await settleProbes(probes)).flatMap((probe) => {
    if (probe.status === 'rejected') throw probe.reason;
    return probe.value ?? [];
  });
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
