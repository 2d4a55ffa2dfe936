import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { ConfigurationError } from '../../errors.js';
import { quoteIdentifier } from '../../sql/identifier.js';

/**
 * Runs `work` with a database of its own, which is dropped afterwards. Who connects to it without a
 * tenant has no schema to create anything in.
 *
 * @param connectionString a server on which a database may be created
 * @param work gets the URL of the new database
 */
export async function withScratchDatabase<T>(
  connectionString: string,
  work: (connectionString: string) => Promise<T>,
): Promise<T> {
  const name = `mt_diff_${process.pid}_${randomUUID().replaceAll('-', '')}`;
  const quoted = quoteIdentifier(name);
  const scratch = withDatabase(connectionString, name);
  const server = clientOf(connectionString);
  await server.connect();
  try {
    await server.query(`create database ${quoted}`);
    try {
      await server.query(`alter database ${quoted} set search_path to pg_catalog`);
      return await work(scratch);
    } finally {
      await server.query(`drop database if exists ${quoted} with (force)`);
    }
  } finally {
    await server.end();
  }
}

function clientOf(connectionString: string): pg.Client {
  try {
    return new pg.Client({ connectionString });
  } catch (cause) {
    throw unreadable(cause);
  }
}

/** The part of a URL in front of the database, which may be a user, a password and no host. */
const BEFORE_DATABASE = /^postgres(?:ql)?:\/\/[^/?#]*/i;

/** The same URL with another database. `new URL()` refuses those of sockets: `postgres://app:s@/x`. */
function withDatabase(connectionString: string, database: string): string {
  const before = BEFORE_DATABASE.exec(connectionString)?.[0];
  if (before === undefined) throw unreadable();
  const settings = connectionString.indexOf('?', before.length);
  return `${before}/${database}${settings === -1 ? '' : connectionString.slice(settings)}`;
}

/** @param cause has no more of the URL in it than this */
function unreadable(cause?: unknown): ConfigurationError {
  return new ConfigurationError('The URL of the database cannot be read.', {
    cause,
    remedy:
      'Write postgres://user:password@host/database, or …@/database?host=/directory/of/the/socket, and percent-encode what is special in the password.',
  });
}
