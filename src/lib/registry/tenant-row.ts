import type { Tenant, TenantStatus } from '../tenant/tenant.js';

/** A row of the registry as node-postgres returns it. */
export interface TenantRow {
  readonly id: string;
  readonly slug: string;
  readonly schema_name: string;
  readonly role_name: string | null;
  readonly placement: string;
  readonly status: TenantStatus;
  readonly name: string;
  readonly metadata: Record<string, unknown>;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function toTenant(row: TenantRow): Tenant {
  return Object.freeze({
    id: row.id,
    slug: row.slug,
    schema: row.schema_name,
    role: row.role_name ?? undefined,
    placement: row.placement,
    status: row.status,
    name: row.name,
    metadata: Object.freeze(row.metadata),
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  });
}
