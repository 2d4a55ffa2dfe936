import { isDeepStrictEqual } from 'node:util';
import { ConfigurationError } from '../errors.js';
import { refuseUnknown, whole } from '../option-checks.js';
import type { TenantLimits } from '../scope/scope.js';
import type { Tenant } from '../tenant/tenant.js';

type LimitsOf = (tenant: Tenant) => Partial<TenantLimits> | undefined;

/** Tenants whose limits are remembered: as many as a registry keeps by default. */
const REMEMBERED = 10_000;

const KNOWN = { maxConnections: true, statementTimeoutMs: true } satisfies Record<
  keyof TenantLimits,
  true
>;

/**
 * The limits of each tenant: those of all, but for what `limitsOf` says of it. That is asked once for
 * a tenant as it is, also where each request has the tenant read anew.
 *
 * @throws ConfigurationError from the returned function, for limits that make no sense
 */
export function limitsBy(
  limits: TenantLimits,
  limitsOf: LimitsOf | undefined,
  remembered = REMEMBERED,
): (tenant: Tenant) => TenantLimits {
  if (!limitsOf) return () => limits;
  const known = new Map<string, { readonly tenant: Tenant; readonly limits: TenantLimits }>();
  return (tenant) => {
    const entry = known.get(tenant.id);
    if (entry && isDeepStrictEqual(entry.tenant, tenant)) return entry.limits;
    const own = { ...limits, ...parseLimits(limitsOf(tenant)) };
    known.delete(tenant.id);
    const oldest = known.keys().next();
    if (known.size >= remembered && !oldest.done) known.delete(oldest.value);
    known.set(tenant.id, { tenant, limits: own });
    return own;
  };
}

function parseLimits(given: unknown): Partial<TenantLimits> {
  if (given === undefined) return {};
  if (typeof given !== 'object' || given === null || 'then' in given) {
    void Promise.resolve(given).catch(() => undefined);
    throw new ConfigurationError('limitsOf() returned no limits.', {
      remedy: 'Have it return an object, and no promise: it is asked on the way of a statement.',
    });
  }
  refuseUnknown('limitsOf().', given, KNOWN);
  const { maxConnections, statementTimeoutMs } = given as Partial<TenantLimits>;
  return {
    ...(maxConnections !== undefined && {
      maxConnections: whole('limitsOf().maxConnections', maxConnections, 1),
    }),
    ...(statementTimeoutMs !== undefined && {
      statementTimeoutMs: whole('limitsOf().statementTimeoutMs', statementTimeoutMs, 0),
    }),
  };
}
