import type { ConnectionManager } from '../../connections/connection-manager.js';
import type { TenantRegistry } from '../../registry/tenant-registry.js';
import type { Tenant } from '../../tenant/tenant.js';
import { madeUpTenant } from '../made-up-tenant.js';

/**
 * Two tenants of a placement to send probes as. A search path may name schemas that do not exist; a
 * role has to be there, so under role isolation they are tenants of the registry, as far as it has any.
 * Where they are made up, their names have a `-`, as no tenant's schema has.
 */
export async function probeTenants(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<Tenant[]> {
  if (connections.isolation === 'schema') {
    return ['mt-probe-a', 'mt-probe-b'].map((schema) =>
      madeUpTenant({ schema, role: undefined, placement }),
    );
  }
  const tenants = await registry.sample(100, placement);
  return tenants.filter(({ role }) => role !== undefined).slice(0, 2);
}
