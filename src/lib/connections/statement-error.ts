import {
  ConnectionLostError,
  PreparedStatementError,
  StatementTimeoutError,
  TenancyError,
} from '../errors.js';
import { wasRefusedAsPrepared } from '../pool/prepared-statement-error.js';
import { causes, SqlState, sqlState } from '../pool/server-errors.js';

/** What is known of a statement that failed. */
export interface FailedStatement {
  /** Whether its connection is gone. */
  readonly lost: boolean;
  /** Whether nothing of it can have been kept: not sent, or rolled back. */
  readonly nothingKept: boolean;
  readonly durationMs: number;
  /** How long its tenant lets a statement take; 0 for as long as it likes. */
  readonly timeoutMs: number;
}

/** The server's own errors stay what they are, apart from those that the runtime brought about. */
export function statementError(
  cause: Error,
  { lost, nothingKept, durationMs, timeoutMs }: FailedStatement,
): Error {
  if (lost) return new ConnectionLostError(cause, nothingKept);
  if (wasRefusedAsPrepared(cause)) return new PreparedStatementError(cause);
  const state = sqlState(cause);
  // The same state tells that somebody cancelled it, which may come earlier.
  const late = timeoutMs > 0 && durationMs >= timeoutMs - TIMER_TOLERANCE_MS;
  if (late && state === SqlState.queryCanceled) return new StatementTimeoutError(timeoutMs, cause);
  if (!nothingKept && RETRYABLE_STATES.has(state ?? '')) {
    Object.defineProperty(cause, KEPT, { value: true });
  }
  return cause;
}

/** The clocks of two processes are not the same. */
const TIMER_TOLERANCE_MS = 5;

/** On an error of the server whose statement had kept something before. The same in all copies of this package. */
const KEPT = Symbol.for('@mt/runtime/kept@1');

/** All that the server rolls back and that may go well the next time. */
const RETRYABLE_STATES: ReadonlySet<string> = new Set([
  SqlState.serializationFailure,
  SqlState.deadlockDetected,
  SqlState.lockNotAvailable,
]);

/** Those of our errors that have the last word about it, whatever caused them. */
const DECISIVE: ReadonlySet<string> = new Set([
  'CONNECTION_LOST',
  'DATABASE_UNAVAILABLE',
  'STATEMENT_TIMEOUT',
]);

/**
 * Whether work that failed so may be done again as a whole, without the risk of doing it twice, and
 * may then succeed: a connection that could not be had, a transaction that was lost before its
 * COMMIT, a serialization failure, a deadlock, a lock that was not free. Looks through what ORMs wrap
 * around their errors.
 *
 * @example
 * ```ts
 * try {
 *   await transfer();
 * } catch (error) {
 *   if (!isRetryable(error)) throw error;
 *   await transfer();
 * }
 * ```
 */
export function isRetryable(error: unknown): boolean {
  const chain = causes(error);
  // TypeORM's error has the state of what it wraps, but not what else is on it.
  if (chain.some((cause) => Object(cause) === cause && Reflect.has(cause as object, KEPT))) {
    return false;
  }
  return chain.map(verdictOf).find((verdict) => verdict !== undefined) ?? false;
}

/** @returns undefined where what caused it decides */
function verdictOf(error: unknown): boolean | undefined {
  if (error instanceof TenancyError) {
    return error.retryable || (DECISIVE.has(error.code) ? false : undefined);
  }
  const state = sqlState(error);
  return state === undefined ? undefined : RETRYABLE_STATES.has(state);
}
