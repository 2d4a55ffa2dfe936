import { SqlState, sqlState } from './server-errors.js';

/** Errors of statements that may have been refused for how they were prepared, in a transaction. */
const refused = new WeakSet<object>();

/** Whether a name stands for nothing on the server's connection, or for what somebody else prepared. */
export function isPreparedElsewhere(error: unknown): boolean {
  const state = sqlState(error);
  return (
    state === SqlState.invalidSqlStatementName || state === SqlState.duplicatePreparedStatement
  );
}

/**
 * Whether an error may be one of how a statement was prepared, where the server told it before it had
 * taken the values. Code that the statement runs may fail so too, and is not meant.
 *
 * A statement that was prepared has the types of its parameters for good, and of what it returns. Where
 * columns have changed since, it is told that it returns something else (0A000), that operators or
 * columns are missing (class 42), or that a value does not fit a type that it had (class 22).
 *
 * @see RevalidateCachedQuery in PostgreSQL's plancache.c
 */
export function mayBeOfPreparing(error: unknown): boolean {
  const state = sqlState(error) ?? '';
  return MAY_BE.test(state) && state !== SqlState.insufficientPrivilege;
}

const MAY_BE = /^(?:0A000|22...|26000|42...)$/;

/**
 * Whether it is one, for all that can be told: values that fit no type are those of the application
 * as a rule.
 */
export function isOfPreparing(error: unknown): boolean {
  return mayBeOfPreparing(error) && !sqlState(error)?.startsWith('22');
}

/** Notes that the transaction of a statement was lost to how it was prepared. */
export function markRefusedAsPrepared(error: object): void {
  refused.add(error);
}

export function wasRefusedAsPrepared(error: object): boolean {
  return refused.has(error);
}
