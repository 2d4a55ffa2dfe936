import {
  ConnectionLostError,
  DatabaseUnavailableError,
  StatementTimeoutError,
  TenancyError,
} from '../errors.js';
import { causes, SqlState, sqlState } from './pg-errors.js';

/** What trying again does not mend: authorization, an unknown database, what the server refuses. */
const NEEDS_CORRECTION = /^(?:22|28|3D|42)/;

/** The error of a connection that could not be opened. */
export function openingError(cause: unknown): TenancyError {
  if (cause instanceof TenancyError) return cause;
  const state = sqlState(cause);
  return new DatabaseUnavailableError(cause, !(state && NEEDS_CORRECTION.test(state)));
}

/** What is known of a statement that failed. */
export interface FailedStatement {
  /** Whether its connection is gone. */
  readonly lost: boolean;
  /** Whether its effect cannot have been kept: not sent, or in a transaction it did not commit. */
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
  // The same state tells that somebody cancelled it, which may come earlier.
  const late = timeoutMs > 0 && durationMs >= timeoutMs - TIMER_TOLERANCE_MS;
  if (late && sqlState(cause) === SqlState.queryCanceled) {
    return new StatementTimeoutError(timeoutMs, cause);
  }
  return cause;
}

/** The clocks of two processes are not the same. */
const TIMER_TOLERANCE_MS = 5;

const RETRYABLE_STATES: ReadonlySet<string> = new Set([
  SqlState.serializationFailure,
  SqlState.deadlockDetected,
]);

/**
 * Whether work that failed so may be done again as a whole, without the risk of doing it twice, and
 * may then succeed: a connection that could not be had, a transaction that was lost before its
 * COMMIT, a serialization failure. Looks through what ORMs wrap around their errors.
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
  return causes(error).some((cause) =>
    cause instanceof TenancyError ? cause.retryable : RETRYABLE_STATES.has(sqlState(cause) ?? ''),
  );
}
