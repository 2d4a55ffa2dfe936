import { isDeepStrictEqual } from 'node:util';
import type pg from 'pg';
import { ConfigurationError } from '../errors.js';
import {
  check,
  isFunction,
  isSwitch,
  isText,
  MOST,
  refuseUnknown,
  wholeFrom,
  type Check,
} from '../option-checks.js';
import { readConnectionString } from './connection-string.js';

/** Where a database is, and as whom it is asked: the same for each way into it. */
const LOCATION = {
  user: isText,
  // Its value is never shown.
  password: (option, value) => {
    if (typeof value === 'string' || typeof value === 'function') return;
    throw new ConfigurationError(`The option ${option} is neither text nor a function.`, {
      remedy: 'Set it to the password, or to a function that returns it or a promise of it.',
    });
  },
  host: isText,
  port: wholeFrom(1, 65_535),
  database: isText,
  ssl: check(
    (value) => typeof value === 'boolean' || (typeof value === 'object' && value !== null),
    'true, false, or the options of tls.connect()',
  ),
  sslnegotiation: check(
    (value) => value === 'postgres' || value === 'direct',
    '"postgres" or "direct"',
  ),
  enableChannelBinding: isSwitch,
  scramMaxIterations: wholeFrom(1),
  // One stream serves one connection.
  stream: isFunction,
} as const satisfies Record<string, Check>;

/** In milliseconds. node-postgres takes `5s` for 5. */
const isDuration: Check = (option, value) => {
  if (value !== false) wholeFrom(0)(option, value);
};

const SESSION = {
  application_name: isText,
  fallback_application_name: isText,
  binary: isSwitch,
  client_encoding: check(
    (value) => typeof value === 'string' && /^utf-?8$/i.test(value),
    '"utf8": node-postgres knows no other',
  ),
  connectionTimeoutMillis: wholeFrom(0),
  idle_in_transaction_session_timeout: isDuration,
  keepAlive: isSwitch,
  keepAliveInitialDelayMillis: wholeFrom(0),
  lock_timeout: isDuration,
  options: isText,
  query_timeout: isDuration,
  statement_timeout: isDuration,
  types: check(
    (value) => typeof (value as { getTypeParser?: unknown } | null)?.getTypeParser === 'function',
    'an object with getTypeParser()',
  ),
} as const satisfies Record<string, Check>;

const POOL = {
  allowExitOnIdle: isSwitch,
  idleTimeoutMillis: (option, value) => {
    if (value !== null) wholeFrom(0)(option, value);
  },
  log: isFunction,
  max: wholeFrom(1),
  maxLifetimeSeconds: wholeFrom(0, Math.floor(MOST / 1_000)),
  maxUses: (option, value) => {
    if (value !== Infinity) wholeFrom(0)(option, value);
  },
  min: wholeFrom(0),
  onConnect: isFunction,
  verify: isFunction,
} as const satisfies Record<string, Check>;

/** What cannot be used, and why. */
const REFUSED = {
  Client: refusal('the pool has clients of its own'),
  pipeline: refusal(
    'node-postgres’ pipeline mode sends statements on after a BEGIN that failed, outside of any transaction',
  ),
  Promise: refusal('promises are those of JavaScript'),
} as const satisfies Record<string, Check>;

function refusal(reason: string): Check {
  return (option, value) => {
    if (value === false || value === globalThis.Promise) return;
    throw new ConfigurationError(`The option ${option} cannot be used: ${reason}.`, {
      remedy: 'Remove it.',
    });
  };
}

/** All but the connection string. The compiler says where node-postgres has one that is not here. */
const CLIENT = { ...LOCATION, ...SESSION, ...REFUSED };
const ALL = { ...CLIENT, ...POOL } satisfies Record<
  Exclude<keyof pg.PoolConfig, 'connectionString'>,
  Check
>;

/**
 * Checks options of node-postgres, and reads the connection string in them. What is undefined is
 * left out.
 *
 * @param option as it is named to people: `pool`
 * @param kind of a connection that is in no pool, `client`
 * @throws ConfigurationError for options that do not exist, have no sense, or contradict the string
 */
export function readPgConfig(
  option: string,
  given: pg.PoolConfig,
  kind: 'pool' | 'client' = 'pool',
): pg.PoolConfig {
  const { connectionString, ...config } = present(object(option, given));
  const known: Record<string, Check> = kind === 'pool' ? ALL : CLIENT;
  refuseUnknown(`${option}.`, config, known);
  for (const [name, value] of Object.entries(config)) known[name]?.(`${option}.${name}`, value);
  // node-postgres hides a key in there, which cannot be done to what is frozen.
  if (typeof config.ssl === 'object') config.ssl = present(config.ssl);
  if (typeof config.password === 'function') config.password = withReason(config.password);
  if (connectionString === undefined || connectionString === '') return config;
  const read = readUrl(`${option}.connectionString`, connectionString);
  refuseContradiction(`${option}.connectionString`, read, option, config);
  return { ...read, ...config };
}

/**
 * The options that a connection string says.
 *
 * @throws ConfigurationError, also for options in it that have no sense
 */
export function readUrl(option: string, connectionString: unknown): pg.ClientConfig {
  if (typeof connectionString !== 'string') {
    throw new ConfigurationError(`The option ${option} is not text.`, {
      remedy: 'Set it to the URL of a database.',
    });
  }
  const read = present(readConnectionString(option, connectionString));
  const known: Record<string, Check> = CLIENT;
  for (const [name, value] of Object.entries(read)) known[name]?.(`${name} in ${option}`, value);
  return read;
}

/**
 * Refuses options that say something else than a connection string beside them: node-postgres would
 * have the string win, and say nothing.
 */
export function refuseContradiction(
  source: string,
  read: object,
  option: string,
  beside: object,
): void {
  for (const [name, value] of Object.entries(read)) {
    const other: unknown = Reflect.get(beside, name);
    if (other === undefined || isDeepStrictEqual(value, other)) continue;
    throw new ConfigurationError(
      `The options ${source} and ${option}.${name} say different things.`,
      {
        remedy: `Say in one of them what \`${name}\` is.`,
      },
    );
  }
}

type PasswordFunction = Extract<pg.ClientConfig['password'], (...given: never) => unknown>;

/** node-postgres takes a failure without a reason for none, and waits for the server. */
function withReason(password: PasswordFunction): PasswordFunction {
  return async (...given) => {
    try {
      return await password(...given);
    } catch (error) {
      throw error ?? new Error('The password function failed without a reason.');
    }
  };
}

/** Only where the database is, and as whom it is asked. */
export function locationOf(config: pg.PoolConfig): pg.PoolConfig {
  return pick(config, LOCATION);
}

/** Without what is a pool's alone. */
export function withoutPoolSettings(config: pg.PoolConfig): pg.ClientConfig {
  return pick(config, CLIENT);
}

function pick(config: pg.PoolConfig, known: object): pg.PoolConfig {
  return Object.fromEntries(Object.entries(config).filter(([name]) => Object.hasOwn(known, name)));
}

/** @throws ConfigurationError, which does not show the value: it may have a password in it */
export function object<T extends object>(option: string, given: T): T {
  if (typeof given === 'object' && given !== null) return given;
  throw new ConfigurationError(`The option ${option} is no object.`, {
    remedy: 'Set it to options of node-postgres.',
  });
}

/**
 * A copy with what is set. Also of what is not enumerable: node-postgres makes the passwords of the
 * options that it is given so, which are then lost to who spreads them.
 */
export function present<T extends object>(options: T): T {
  const copy: Record<string, unknown> = {};
  for (const name of Object.getOwnPropertyNames(options)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined) copy[name] = value;
  }
  return copy as T;
}
