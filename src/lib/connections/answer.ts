import type pg from 'pg';
import { bindContext } from '../context.js';
import { UnsupportedStatementError } from '../errors.js';
import type { QueryCallback } from '../scope/tenant-query.js';

/**
 * node-postgres' two ways to answer: to a callback where one is given, and otherwise by a promise.
 * What `send` throws is answered as well. A callback hears of an error in a turn of its own: it may
 * be found while another's connection is checked out or released, which an exception of the callback must
 * not interrupt.
 */
export function answer(
  callback: QueryCallback | undefined,
  send: (callback: QueryCallback) => void,
): Promise<pg.QueryResult> | void {
  if (callback !== undefined && typeof callback !== 'function') {
    return Promise.reject(
      new UnsupportedStatementError('A callback is no function', 'Pass one, or await the promise.'),
    );
  }
  if (!callback) {
    return new Promise((resolve, reject) => {
      send((error, result) => (error ? reject(error) : resolve(result)));
    });
  }
  const bound = bindContext(callback);
  const fail = (error: unknown) => process.nextTick(bound, error, undefined);
  try {
    send((error, result) => (error ? fail(error) : bound(null, result)));
  } catch (error) {
    fail(error);
  }
}

/** node-postgres passes no result with an error. */
export const NO_RESULT = undefined as unknown as pg.QueryResult;
