import { ConnectionLostError, isRetryable, TenancyError } from '@mt/runtime';

/** Thrown by the workload itself, to have a transaction or a savepoint rolled back. */
export class Undo extends Error {}

export function ignoreUndo(error) {
  if (!(error instanceof Undo)) throw error;
}

/** An error and what it was caused by, as JavaScript and as TypeORM tell it. */
function chain(error) {
  const all = [];
  for (let next = error; next instanceof Error && !all.includes(next);) {
    all.push(next);
    next = next.cause ?? next.driverError;
  }
  return all;
}

/** The error of the runtime that it is or was caused by, if it is one. */
export function tenancyErrorIn(error) {
  return chain(error).find((each) => each instanceof TenancyError);
}

/** SQLSTATE of the server's error that it is or was caused by, if it is one. */
export function sqlStateIn(error) {
  const states = chain(error).map(({ code }) => code);
  return states.find((code) => typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code));
}

/** Whether the error says that the work left nothing behind. */
export function saysNothingWasKept(error) {
  if (isRetryable(error)) return true;
  const typed = tenancyErrorIn(error);
  // Only a lost connection leaves that open; every other error means refused or rolled back.
  return typed ? !(typed instanceof ConnectionLostError) : sqlStateIn(error) !== undefined;
}

/**
 * What the server says of work that somebody cancels: of the statement, and of the rest of its
 * transaction where the statement was a ROLLBACK TO and the ORM kept its error to itself.
 */
const CANCELLED = ['57014', '25P02'];

/** A schema that is not there, not yet granted, or dropped while it is used. */
const DROPPED = ['3F000', '42P01', '42501', '40P01', 'XX000'];

/**
 * The type of an error as a short text, or undefined where it has none: it is neither of the runtime
 * nor one that the harness provoked.
 */
export function typeOf(error, { provokes = [] }, { faults, dropped }) {
  const typed = tenancyErrorIn(error);
  if (typed) return `${typed.code}${typed.retryable ? ' (retryable)' : ''}`;
  const state = sqlStateIn(error);
  const provoked =
    provokes.includes(state) ||
    (faults && CANCELLED.includes(state)) ||
    (dropped && DROPPED.includes(state));
  return provoked ? state : undefined;
}

const STACK_LINES = 8;

/** An error for people, with what it was caused by. */
export function describe(error) {
  if (!(error instanceof Error)) return String(error);
  return chain(error)
    .map(({ stack }) => stack.split('\n', STACK_LINES).join('\n'))
    .join('\nCaused by: ');
}
