import { isFunction, isSwitch, oneOf, refuseUnknown, whole } from '../option-checks.js';
import type { ScopePolicy, TenantLimits } from '../scope/scope.js';
import { parseSharedSchemas } from '../scope/shared-schemas.js';
import type { LateStatements } from './late-statements.js';
import { limitsBy } from './limits.js';
import type { ConnectionManagerOptions } from './options.js';
import { resolvePreparedStatements } from './resolve-prepared-statements.js';
import { resolvePlacements, type ResolvedPlacement } from './resolve-placements.js';

/** Options that are checked and complete. */
export interface ResolvedOptions {
  readonly placements: ReadonlyMap<string, ResolvedPlacement>;
  readonly policy: ScopePolicy;
  readonly slowStatementMs: number;
  readonly trackedTenants: number;
  readonly drainTimeoutMs: number;
  readonly lateStatements: LateStatements;
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
  lateStatements: true,
  limitsOf: true,
  max: true,
  maxPerTenant: true,
  maxQueue: true,
  placements: true,
  pool: true,
  prepareSettings: true,
  preparedStatements: true,
  sharedSchemas: true,
  slowStatementMs: true,
  statementTimeoutMs: true,
  trackedTenants: true,
} satisfies Record<keyof ConnectionManagerOptions, true>;

/** @throws ConfigurationError that names the option */
export function resolveOptions(options: ConnectionManagerOptions): ResolvedOptions {
  refuseUnknown('', options, KNOWN);
  const {
    isolation = 'schema',
    lateStatements = 'tell',
    maxPerTenant,
    statementTimeoutMs = 0,
    prepareSettings = true,
    preparedStatements = true,
    sharedSchemas = [],
    limitsOf,
    slowStatementMs = 1_000,
    trackedTenants = 100,
    drainTimeoutMs = 10_000,
  } = options;
  oneOf('isolation', isolation, ['schema', 'role']);
  oneOf('lateStatements', lateStatements, ['tell', 'refuse']);
  isSwitch('prepareSettings', prepareSettings);
  if (limitsOf !== undefined) isFunction('limitsOf', limitsOf);
  const limits: TenantLimits = {
    maxConnections: maxPerTenant === undefined ? Infinity : whole('maxPerTenant', maxPerTenant, 1),
    statementTimeoutMs: whole('statementTimeoutMs', statementTimeoutMs, 0),
  };
  const { prepares, limits: prepared } = resolvePreparedStatements(preparedStatements);
  return Object.freeze({
    placements: resolvePlacements(options, isolation, prepared),
    policy: {
      isolation,
      sharedSchemas: parseSharedSchemas(sharedSchemas),
      prepareSettings,
      preparesStatements: prepares,
      limitsOf: limitsBy(limits, limitsOf),
    },
    slowStatementMs: whole('slowStatementMs', slowStatementMs, 0),
    trackedTenants: whole('trackedTenants', trackedTenants, 1),
    lateStatements,
    drainTimeoutMs: whole('drainTimeoutMs', drainTimeoutMs, 0),
  });
}
