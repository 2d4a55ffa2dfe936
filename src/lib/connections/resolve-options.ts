import { isFunction, isSwitch, refuseUnknown, unfit, whole } from '../option-checks.js';
import type { Isolation, ScopePolicy, TenantLimits } from '../scope/scope.js';
import { parseSharedSchemas } from '../scope/shared-schemas.js';
import { limitsBy } from './limits.js';
import type { ConnectionManagerOptions } from './options.js';
import { resolvePlacements, type ResolvedPlacement } from './resolve-placements.js';

/** Options that are checked and complete. */
export interface ResolvedOptions {
  readonly placements: ReadonlyMap<string, ResolvedPlacement>;
  readonly policy: ScopePolicy;
  readonly slowStatementMs: number;
  readonly trackedTenants: number;
  readonly drainTimeoutMs: number;
}

const KNOWN = {
  adminConnectionString: true,
  adminMax: true,
  applicationName: true,
  connectionString: true,
  connectionTimeoutMs: true,
  directConnectionString: true,
  drainTimeoutMs: true,
  isolation: true,
  limitsOf: true,
  max: true,
  maxPerTenant: true,
  maxQueue: true,
  placements: true,
  pool: true,
  prepareSettings: true,
  sharedSchemas: true,
  slowStatementMs: true,
  statementTimeoutMs: true,
  trackedTenants: true,
} satisfies Record<keyof ConnectionManagerOptions, true>;

/** @throws ConfigurationError that names the option */
export function resolveOptions(options: ConnectionManagerOptions): ResolvedOptions {
  refuseUnknown('', options, KNOWN);
  const isolation = parseIsolation(options.isolation);
  const {
    maxPerTenant,
    statementTimeoutMs = 0,
    prepareSettings = true,
    sharedSchemas = [],
    limitsOf,
    slowStatementMs = 1_000,
    trackedTenants = 100,
    drainTimeoutMs = 10_000,
  } = options;
  isSwitch('prepareSettings', prepareSettings);
  if (limitsOf !== undefined) isFunction('limitsOf', limitsOf);
  const limits: TenantLimits = {
    maxConnections: maxPerTenant === undefined ? Infinity : whole('maxPerTenant', maxPerTenant, 1),
    statementTimeoutMs: whole('statementTimeoutMs', statementTimeoutMs, 0),
  };
  return Object.freeze({
    placements: resolvePlacements(options, isolation),
    policy: {
      isolation,
      sharedSchemas: parseSharedSchemas(sharedSchemas),
      prepareSettings,
      limitsOf: limitsBy(limits, limitsOf),
    },
    slowStatementMs: whole('slowStatementMs', slowStatementMs, 0),
    trackedTenants: whole('trackedTenants', trackedTenants, 1),
    drainTimeoutMs: whole('drainTimeoutMs', drainTimeoutMs, 0),
  });
}

function parseIsolation(isolation: Isolation = 'schema'): Isolation {
  if (isolation === 'schema' || isolation === 'role') return isolation;
  throw unfit('isolation', isolation, 'Set it to "schema" or "role".');
}
