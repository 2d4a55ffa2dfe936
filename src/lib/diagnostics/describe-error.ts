import { types } from 'node:util';
import { causes, sqlState } from '../pool/server-errors.js';

export interface DescribeErrorOptions {
  /** Adds the calls that led to it, one a line. Default false: a single line. */
  stack?: boolean;
}

/**
 * Says what happened in words that a log may keep: the statement with its placeholders, the server's
 * message and SQLSTATE, and what caused what. Never what was given for the placeholders, nor rows of
 * tables: ORMs put the former into the messages of their errors, and PostgreSQL the latter into
 * `detail`.
 *
 * What code of yours writes into the message of an error is told as it is.
 *
 * @example
 * ```ts
 * try {
 *   await db.insert(users).values({ name: 'Ada' });
 * } catch (error) {
 *   // DrizzleQueryError: Failed query: insert into "$tenant"."users" … values ($1)
 *   // Caused by: DatabaseError 23502: null value in column "email" of relation "users" …
 *   logger.error(describeError(error));
 *   throw error;
 * }
 * ```
 */
export function describeError(
  error: unknown,
  { stack = false }: DescribeErrorOptions = {},
): string {
  const description = [...new Set(causes(error).map(describe))].join(' Caused by: ');
  if (!stack) return description.replace(/\s+/g, ' ');
  return isError(error) ? description + callsOf(error) : description;
}

function describe(error: unknown): string {
  if (!isError(error)) return typeof error === 'string' ? error : `a thrown ${kind(error)}`;
  const state = sqlState(error);
  const message = bounded(messageOf(error, state)) || codeOf(error);
  return `${nameOf(error)}${state ? ` ${state}` : ''}${message && `: ${message}`}`;
}

/** Also one of Node itself where tests have globals of their own. */
function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value);
}

function kind(value: unknown): string {
  return value === null ? 'null' : typeof value;
}

/** Many errors do not set their name: Drizzle's are called "Error", node-postgres' "error". */
function nameOf(error: Error): string {
  const { name } = error;
  return name === 'Error' || name === 'error' ? error.constructor.name : name;
}

function messageOf(error: Error, state: string | undefined): string {
  // TypeORM's, whose own message is that of its cause.
  if ('driverError' in error && 'query' in error && typeof error.query === 'string') {
    return `Failed query: ${error.query}`;
  }
  // "invalid input syntax for type integer: …": of all classes only this one quotes values.
  if (state?.startsWith('22')) return error.message.replace(/".*"/s, '"…"');
  return error.message.replace(DRIZZLE_PARAMETERS, '$1');
}

/** Also where somebody has made it a part of another message. */
const DRIZZLE_PARAMETERS = /(Failed query: .*?)\nparams: .*/s;

/** A refused connection is an AggregateError, which has a code only. */
function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

const MAX_LENGTH = 2_000;

/** No longer than anybody reads: statements of bulk inserts are megabytes. */
function bounded(message: string): string {
  const text = message.trim();
  return text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text;
}

/** What follows the message in `stack`, which begins with it. */
function callsOf({ stack = '', message }: Error): string {
  const calls = stack.slice(stack.indexOf(message) + message.length);
  return calls
    .split('\n')
    .filter((line) => CALL.test(line))
    .map((line) => `\n${line}`)
    .join('');
}

const CALL = /^ {4}at /;
