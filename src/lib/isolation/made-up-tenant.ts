import type { Tenant } from '../tenant/tenant.js';

/** A tenant that is in no registry, with the name of its schema for all its names. */
export function madeUpTenant({
  schema,
  role,
  placement,
}: Pick<Tenant, 'schema' | 'role' | 'placement'>): Tenant {
  const now = new Date();
  return Object.freeze({
    id: schema,
    slug: schema,
    schema,
    role,
    placement,
    status: 'active',
    name: schema,
    metadata: {},
    createdAt: now,
    updatedAt: now,
  });
}
