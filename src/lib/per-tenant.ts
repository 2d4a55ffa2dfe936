import { currentTenant } from './context.js';
import { InvalidArgumentError } from './errors.js';
import type { Tenant } from './tenant/tenant.js';

export interface PerTenantOptions {
  /** Most tenants of which one is kept; whoever asked least lately makes room. Default 1,000. */
  max?: number;
}

/**
 * Gives each tenant one of its own, where one for all would mix them: a limiter, a loader, a cache. It
 * is made in the context of its tenant when that asks for the first time, and kept for the next time.
 *
 * @returns gives that of the tenant in context
 * @example
 * ```ts
 * const limits = perTenant(() => pLimit(4));
 * await limits()(() => invoices.findAll());
 * ```
 * @throws TenantContextMissingError where it is asked without a tenant
 */
export function perTenant<T>(
  make: (tenant: Tenant) => T,
  { max = 1_000 }: PerTenantOptions = {},
): () => T {
  if (!Number.isInteger(max) || max < 1) {
    throw new InvalidArgumentError(`perTenant() cannot keep ${max}.`, {
      remedy: 'Set `max` to a whole number of 1 or more.',
    });
  }
  const kept = new Map<string, T>();
  return () => {
    const tenant = currentTenant();
    const found = kept.has(tenant.id) ? (kept.get(tenant.id) as T) : make(tenant);
    // A map keeps its order: the first is the one that was asked for least lately.
    kept.delete(tenant.id);
    kept.set(tenant.id, found);
    const [oldest] = kept.size > max ? kept.keys() : [];
    if (oldest !== undefined) kept.delete(oldest);
    return found;
  };
}
