import type pg from 'pg';
import { bindContext } from '../context.js';
import type { QueryCallback } from './tenant-query.js';

/**
 * node-postgres' two ways to answer: to a callback where one is given, and otherwise by a promise.
 * What `send` throws is answered as well, and to a callback never before the call has returned.
 */
export function answer(
  callback: QueryCallback | undefined,
  send: (callback: QueryCallback) => void,
): Promise<pg.QueryResult> | void {
  if (!callback) {
    return new Promise((resolve, reject) => {
      send((error, result) => (error ? reject(error) : resolve(result)));
    });
  }
  const bound = bindContext(callback);
  try {
    send(bound);
  } catch (error) {
    process.nextTick(bound, error, undefined);
  }
}
