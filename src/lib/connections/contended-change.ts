import type pg from 'pg';
import { SqlState, sqlState } from '../pool/server-errors.js';
import { poll } from '../poll.js';
import { adminTransaction } from './admin-transaction.js';
import type { ConnectionManager } from './connection-manager.js';

/**
 * Runs `change` in a transaction of the admin login, again where another process was faster: it held
 * the lock, or has created the same. CREATE … IF NOT EXISTS fails for that, and there may be nothing
 * yet that could be locked.
 */
export function contendedChange(
  connections: ConnectionManager,
  placement: string,
  change: (client: pg.ClientBase) => Promise<void>,
): Promise<true> {
  let collisions = 0;
  return poll(async () => {
    try {
      await adminTransaction(connections, placement, change);
      return true;
    } catch (error) {
      const state = sqlState(error) ?? '';
      if (state === SqlState.lockNotAvailable) return undefined;
      // More often than there are things to create, somebody else has something of their name.
      if (!CREATED_ELSEWHERE.has(state) || ++collisions === MOST_COLLISIONS) throw error;
      return undefined;
    }
  });
}

const CREATED_ELSEWHERE: ReadonlySet<string> = new Set([
  SqlState.uniqueViolation,
  SqlState.duplicateSchema,
  SqlState.duplicateTable,
  SqlState.duplicateObject,
]);
const MOST_COLLISIONS = 5;

/** How long a statement waits for the lock, in milliseconds: others wait for its snapshot meanwhile. */
const LOCK_TIMEOUT_MS = 100;

/**
 * Has one process at a time go on from here, until its transaction ends; within
 * {@link contendedChange}. The table is read and written meanwhile. Of a table on which tenants have no
 * rights none of them can take this lock: an advisory one, whose key is in public code, could be held
 * by anybody who may send a statement.
 *
 * @param table quoted
 */
export async function lockTable(client: pg.ClientBase, table: string): Promise<void> {
  await client.query(`set local lock_timeout = ${LOCK_TIMEOUT_MS}`);
  await client.query(`lock table ${table} in share update exclusive mode`);
  await client.query('set local lock_timeout to default');
}
