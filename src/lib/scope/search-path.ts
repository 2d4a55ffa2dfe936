import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';

/**
 * Where names are found: in the tenant's schema, then in those that are shared, then in PostgreSQL's
 * own, and nowhere else. The value of `search_path`, and what SET takes for it.
 *
 * `pg_temp` stands last, because PostgreSQL otherwise looks there first for tables.
 *
 * @param tenant undefined for code that works without one
 */
export function searchPath(
  tenant: Pick<Tenant, 'schema'> | undefined,
  sharedSchemas: readonly string[],
): string {
  const schemas = tenant ? [tenant.schema, ...sharedSchemas] : sharedSchemas;
  return [...schemas.map(quoteIdentifier), 'pg_catalog', 'pg_temp'].join(', ');
}
