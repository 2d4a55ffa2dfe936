import pg from 'pg';
import { ConfigurationError } from '../errors.js';
import { toError } from '../to-error.js';
import { isText, unfit, whole } from '../option-checks.js';
import type { Isolation } from '../scope/scope.js';
import { CONTROL_PLACEMENT, DEFAULT_PLACEMENT, type ConnectionManagerOptions } from './options.js';
import {
  locationOf,
  object,
  present,
  readPgConfig,
  readUrl,
  refuseContradiction,
  withoutPoolSettings,
} from './pg-config.js';
import type { PreparedStatementLimits } from '../pool/prepared-statements.js';
import type { PlacementPoolOptions } from '../pool/placement-pool.js';

/** The three ways into one database. */
export interface ResolvedPlacement {
  readonly application: PlacementPoolOptions;
  /** `application` where the application's own login owns the schemas; undefined for none. */
  readonly admin: PlacementPoolOptions | 'application' | undefined;
  readonly direct: pg.ClientConfig;
}

/**
 * What each way into each database is told.
 *
 * @throws ConfigurationError that names the option
 */
export function resolvePlacements(
  options: ConnectionManagerOptions,
  isolation: Isolation,
  prepared: PreparedStatementLimits | undefined,
): Map<string, ResolvedPlacement> {
  const { pool: given = {}, maxQueue = 5_000, adminMax = 4 } = options;
  const all = readPgConfig('pool', given);
  const max = once('max', options.max, 'pool.max', all.max, 10);
  const timeout = once(
    'connectionTimeoutMs',
    options.connectionTimeoutMs,
    'pool.connectionTimeoutMillis',
    all.connectionTimeoutMillis,
    5_000,
  );
  const name = once(
    'applicationName',
    options.applicationName,
    'pool.application_name',
    all.application_name,
    undefined,
  );
  whole('max', max, 1);
  whole('connectionTimeoutMs', timeout, 0);
  whole('maxQueue', maxQueue, 1);
  whole('adminMax', adminMax, 1);
  if (name !== undefined) isText('applicationName', name);
  const shared = { ...all, ...(name !== undefined && { application_name: name }) };

  /** @param own what is said of this way alone, which goes before what is said of all */
  const config = (own: pg.PoolConfig): pg.PoolConfig => ({
    keepAlive: true,
    fallback_application_name: 'mt-runtime',
    ...shared,
    ...own,
  });
  const pool = (own: pg.PoolConfig, most: number): PlacementPoolOptions => ({
    config: config(own),
    max: own.max ?? most,
    maxQueue,
    connectionTimeoutMs: own.connectionTimeoutMillis ?? timeout,
    prepared,
  });
  const resolve = ({ own, admin, direct }: Ways): ResolvedPlacement => {
    const application = pool(own, max);
    const { min = 0 } = application.config;
    if (min > application.max) {
      throw unfit('min', min, `Set it to ${application.max}, which is \`max\`, or less.`);
    }
    return {
      application,
      // With roles the application's login has no rights on the schemas, so it cannot stand in.
      admin: admin
        ? pool({ ...locationOf(own), ...admin }, adminMax)
        : isolation === 'role'
          ? undefined
          : 'application',
      direct: withoutPoolSettings({
        connectionTimeoutMillis: timeout,
        ...config({ ...(direct ? locationOf(own) : own), ...direct }),
      }),
    };
  };
  const resolved = new Map<string, ResolvedPlacement>();
  for (const [placement, ways] of waysInto(options, shared)) {
    const { application, admin, direct } = resolve(ways);
    for (const way of [application.config, typeof admin === 'object' ? admin.config : {}, direct]) {
      refuseWhatCannotConnect(placement, way);
    }
    resolved.set(placement, { application, admin, direct });
  }
  return resolved;
}

/** What node-postgres refuses only when it makes a connection. It connects nowhere yet. */
function refuseWhatCannotConnect(placement: string, config: pg.ClientConfig): void {
  try {
    Reflect.construct(pg.Client, [{ ...config, stream: undefined }]);
  } catch (error) {
    throw new ConfigurationError(
      `The options of the placement ${JSON.stringify(placement)} cannot be used: ${toError(error).message}`,
      { remedy: 'Correct them.' },
    );
  }
}

/** An option that can be given in two places. */
function once<T, D>(
  option: string,
  value: T | undefined,
  other: string,
  otherValue: T | undefined,
  byDefault: D,
): T | D {
  if (value === undefined) return otherValue === undefined ? byDefault : otherValue;
  if (otherValue === undefined || value === otherValue) return value;
  throw new ConfigurationError(`The options ${option} and ${other} say different things.`, {
    remedy: `Remove ${other}.`,
  });
}

/** What is said of the ways into one database. */
interface Ways {
  readonly own: pg.PoolConfig;
  readonly admin: pg.PoolConfig | undefined;
  readonly direct: pg.ClientConfig | undefined;
}

/** @param shared what is said of all databases */
function waysInto(options: ConnectionManagerOptions, shared: pg.PoolConfig): Map<string, Ways> {
  if (options.placements === undefined) {
    return new Map([[DEFAULT_PLACEMENT, waysIntoMain(options, shared)]]);
  }
  for (const option of URLS) {
    if (!options[option]) continue;
    throw new ConfigurationError(`The option ${option} is without effect beside placements.`, {
      remedy: `Set it in placements.${DEFAULT_PLACEMENT}.`,
    });
  }
  if (typeof options.placements !== 'object') {
    throw unfit('placements', options.placements, 'Set it to placements by their names.');
  }
  const ways = new Map<string, Ways>();
  for (const [name, placement] of Object.entries(options.placements)) {
    const option = `placements.${name}`;
    const { admin, direct, ...own } = present(object(option, placement));
    ways.set(name, {
      own: readPgConfig(option, own),
      admin: admin && readPgConfig(`${option}.admin`, admin),
      direct: direct && readPgConfig(`${option}.direct`, direct, 'client'),
    });
  }
  if (!ways.has(CONTROL_PLACEMENT)) {
    throw new ConfigurationError(`No placement is named ${JSON.stringify(CONTROL_PLACEMENT)}.`, {
      remedy: 'Name one of them so: the registry lives there.',
    });
  }
  return ways;
}

const URLS = ['connectionString', 'adminConnectionString', 'directConnectionString'] as const;

function waysIntoMain(
  {
    connectionString,
    adminConnectionString,
    directConnectionString,
    pool,
  }: ConnectionManagerOptions,
  shared: pg.PoolConfig,
): Ways {
  if (!connectionString && !pool?.connectionString && !shared.host && !shared.database) {
    throw new ConfigurationError('No database is configured.', {
      remedy: 'Set `connectionString`, for example from DATABASE_URL.',
    });
  }
  const own = connectionString ? readUrl('connectionString', connectionString) : {};
  refuseContradiction('connectionString', own, 'pool', shared);
  return {
    own,
    admin: adminConnectionString
      ? readUrl('adminConnectionString', adminConnectionString)
      : undefined,
    direct: directConnectionString
      ? readUrl('directConnectionString', directConnectionString)
      : undefined,
  };
}
