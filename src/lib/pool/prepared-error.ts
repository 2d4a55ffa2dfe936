import { isPreparedElsewhere } from './preparation.js';
import { SqlState, sqlState } from './pg-errors.js';

/** Errors of statements that were refused for how they were prepared, in a transaction. */
const refused = new WeakSet<object>();

/**
 * Whether the server refused a statement for how it was prepared: the name stands for nothing there, or
 * for something else, or what it returns has changed since.
 *
 * Only of use before the server has taken its values: code that the statement runs may fail so too.
 *
 * @see RevalidateCachedQuery in PostgreSQL's plancache.c; the state alone stands for much else
 */
export function isRefusedAsPrepared(error: unknown): boolean {
  if (isPreparedElsewhere(error)) return true;
  if (sqlState(error) !== SqlState.featureNotSupported) return false;
  return (error as { routine?: unknown }).routine === 'RevalidateCachedQuery';
}

/** Notes that the transaction of a statement was lost to how it was prepared. */
export function markRefusedAsPrepared(error: object): void {
  refused.add(error);
}

export function wasRefusedAsPrepared(error: object): boolean {
  return refused.has(error);
}
