import pg from 'pg';
import { ConfigurationError } from '../errors.js';

/** What of a connection string node-postgres hands on to the server, or to itself. */
const SETTINGS = [
  'application_name',
  'client_encoding',
  'fallback_application_name',
  'options',
  'sslnegotiation',
] as const;

const DURATIONS = [
  'idle_in_transaction_session_timeout',
  'lock_timeout',
  'query_timeout',
  'statement_timeout',
] as const;

const SSL = ['ssl', 'sslmode', 'sslcert', 'sslkey', 'sslrootcert'] as const;

/** What node-postgres reads from options alone: in a URL it would be without effect. */
const NOT_IN_URLS: ReadonlySet<string> = new Set([
  'allowExitOnIdle',
  'binary',
  'connectionTimeoutMillis',
  'idleTimeoutMillis',
  'keepAlive',
  'keepAliveInitialDelayMillis',
  'max',
  'maxLifetimeSeconds',
  'maxUses',
  'min',
  'replication',
]);

/** How a string says where and as whom it connects. */
interface Parts {
  readonly user: string;
  readonly password: string;
  readonly host: string;
  readonly port: string;
  readonly database: string;
  readonly parameters: URLSearchParams;
}

/**
 * What a connection string says, as options, and nothing that it does not say. node-postgres would
 * have the string beat the options beside it, also with what it leaves out.
 *
 * @param option that the string is the value of, for errors
 * @throws ConfigurationError, which never shows the string: it has a password in it
 */
export function readConnectionString(option: string, text: string): pg.ClientConfig {
  const { parameters, ...named } = partsOf(option, text);
  for (const name of parameters.keys()) {
    if (NOT_IN_URLS.has(name)) {
      throw invalid(option, `${name} is not read from a URL`, `Set it in \`pool\`.`);
    }
  }
  const client = parse(option, text);
  const config: Record<string, unknown> = {};
  for (const field of ['user', 'password', 'host', 'port'] as const) {
    if (named[field] || parameters.has(field)) config[field] = client[field];
  }
  if (named.database) config['database'] = client.database;
  if (SSL.some((name) => parameters.has(name)) || parameters.get('sslnegotiation') === 'direct') {
    config['ssl'] = client.ssl;
  }
  for (const name of SETTINGS) {
    if (parameters.has(name)) config[name] = parameters.get(name);
  }
  for (const name of DURATIONS) {
    const value = parameters.get(name);
    if (value !== null) config[name] = /^\d+$/.test(value) ? Number(value) : value;
  }
  return config;
}

/** By node-postgres itself, which connects nowhere yet. */
function parse(option: string, connectionString: string): pg.Client {
  try {
    return new pg.Client({ connectionString });
  } catch (error) {
    // Not as a cause: it may show the string.
    const { name, message } = error as Error;
    const isMalformed = name === 'TypeError' || name === 'URIError';
    throw invalid(option, `it cannot be read (${message})`, isMalformed ? ENCODE : 'Correct it.');
  }
}

const ENCODE =
  'Percent-encode what is special in its user name and password: %23 for #, %2F for /, %3A for :, %3F for ?, %40 for @.';

function partsOf(option: string, text: string): Parts {
  // A directory with a socket in it, and the database.
  if (text.startsWith('/')) {
    const [host = '', database = ''] = text.split(' ');
    return { ...NOTHING, host, database };
  }
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):(.*)$/is.exec(text) ?? [];
  if (scheme === undefined || rest === undefined) {
    throw invalid(option, 'it is no URL', 'Write postgresql://user:password@host:5432/database.');
  }
  if (rest.includes('#')) throw invalid(option, 'it has a # in it', ENCODE);
  const [, authority = '', path = '', query = ''] =
    /^(?:\/\/([^/?]*))?([^?]*)\??(.*)$/s.exec(rest) ?? [];
  const parameters = new URLSearchParams(query);
  const at = authority.lastIndexOf('@');
  // The rest of a password behind what ended it: `postgres://app:a/b@host/database`.
  if (at === -1 && (path.includes('@') || (query.includes('@') && !parameters.has('user')))) {
    throw invalid(option, 'it has an @ in its path', ENCODE);
  }
  const [user = '', ...password] = authority.slice(0, Math.max(0, at)).split(':');
  const [, host = '', port = ''] = /^(\[.*\]|[^:]*):?(.*)$/s.exec(authority.slice(at + 1)) ?? [];
  const isSocket = scheme.toLowerCase() === 'socket';
  return {
    user,
    password: password.join(':'),
    host: isSocket ? path : host,
    port,
    database: isSocket ? (parameters.get('db') ?? '') : path.slice(1),
    parameters,
  };
}

const NOTHING: Parts = {
  user: '',
  password: '',
  host: '',
  port: '',
  database: '',
  parameters: new URLSearchParams(),
};

function invalid(option: string, problem: string, remedy: string): ConfigurationError {
  return new ConfigurationError(`The option ${option} cannot be used: ${problem}.`, { remedy });
}
