import { ConfigurationError } from '../errors.js';

interface DatabaseConfig {
  /** The database of the tenants, as a URL. */
  readonly connectionString: string;
  /** Most connections, however many tenants there are. Default 10. */
  readonly poolSize?: number;
}

export interface DrizzleConfig extends DatabaseConfig {
  readonly type: 'drizzle';
  /** Logs every statement. Default false. */
  readonly logger?: boolean;
}

export interface TypeOrmConfig extends DatabaseConfig {
  readonly type: 'typeorm';
  /** Logs every statement. Default false. */
  readonly logging?: boolean;
}

/** What an application says of its ORM; `type` tells the rest. */
export type OrmConfig = DrizzleConfig | TypeOrmConfig;
export type OrmType = OrmConfig['type'];

/** The switch that each ORM has of its own. */
const SWITCH = { drizzle: 'logger', typeorm: 'logging' } as const satisfies Record<OrmType, string>;

/**
 * Checks a configuration that comes from outside, for example from the environment.
 *
 * @throws ConfigurationError that names the field
 */
export function parseOrmConfig(value: unknown): OrmConfig {
  const config = { ...(value as Record<string, unknown> | undefined) };
  const { type, connectionString, poolSize } = config;
  if (type !== 'drizzle' && type !== 'typeorm') {
    throw invalid('type', `is ${JSON.stringify(type)}`, 'Set it to "drizzle" or "typeorm".');
  }
  if (typeof connectionString !== 'string' || !/^postgres(?:ql)?:\/\//.test(connectionString)) {
    throw invalid('connectionString', 'is no PostgreSQL URL', 'Set it to postgres://….');
  }
  if (poolSize !== undefined && !(Number.isInteger(poolSize) && Number(poolSize) >= 1)) {
    throw invalid('poolSize', `is ${JSON.stringify(poolSize)}`, 'Set it to 1 or more.');
  }
  const flag = config[SWITCH[type]];
  if (flag !== undefined && typeof flag !== 'boolean') {
    // The text "false" is true to JavaScript.
    throw invalid(SWITCH[type], `is ${JSON.stringify(flag)}`, 'Set it to true or false.');
  }
  return Object.freeze(config) as unknown as OrmConfig;
}

function invalid(field: string, problem: string, remedy: string): ConfigurationError {
  return new ConfigurationError(`The ORM configuration's ${field} ${problem}.`, { remedy });
}
