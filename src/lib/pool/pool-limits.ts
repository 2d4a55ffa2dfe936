import type pg from 'pg';

/** What decides how many connections there are, and for how long; as node-postgres' pool names them. */
export type PoolLimits = Readonly<
  Required<
    Pick<
      pg.PoolOptions,
      'max' | 'min' | 'maxUses' | 'allowExitOnIdle' | 'maxLifetimeSeconds' | 'idleTimeoutMillis'
    >
  >
>;

/** The limits of a configuration, with node-postgres' defaults. */
export function poolLimits(config: pg.PoolConfig, max: number): PoolLimits {
  const { idleTimeoutMillis = 10_000 } = config;
  return {
    max,
    min: config.min ?? 0,
    maxUses: config.maxUses || Infinity,
    allowExitOnIdle: config.allowExitOnIdle ?? false,
    maxLifetimeSeconds: config.maxLifetimeSeconds ?? 0,
    // None is closed for being idle where that is null or 0.
    idleTimeoutMillis: idleTimeoutMillis ?? 0,
  };
}
