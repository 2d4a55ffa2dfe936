import type { TenantRegistry } from '../../registry/tenant-registry.js';

/** A tenant, as problems name it. */
export interface TenantWithSchema {
  readonly slug: string;
  readonly schema: string;
}

/**
 * Which of the schemas of a placement are tenants' own. The schemas are found out before, by another
 * statement: the registry may be in another database.
 */
export async function tenantsWithSchemas(
  { control }: TenantRegistry,
  placement: string,
  schemas: readonly string[],
): Promise<TenantWithSchema[]> {
  if (schemas.length === 0) return [];
  const { rows } = await control.query<TenantWithSchema & Record<string, unknown>>(
    `select slug, schema_name as schema from ${control.tables.tenants}
     where placement = $1 and schema_name = any($2) order by slug`,
    [placement, schemas],
  );
  return rows;
}
