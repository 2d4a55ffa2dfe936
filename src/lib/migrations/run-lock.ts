import type { ConnectionManager } from '../connections/connection-manager.js';

const LOCK = 'mt:migration-run';

/**
 * Runs `work` while no other process does. The lock is held by an open transaction on a connection
 * of its own, not of the pool: it goes when the process dies, works behind a pooler in transaction
 * mode, and takes no connection from the work it guards.
 */
export async function withRunLock<T>(
  connections: ConnectionManager,
  work: () => Promise<T>,
): Promise<T> {
  const client = connections.separateClient();
  // Losing it costs the run its exclusiveness, not its correctness: each tenant has a lock too.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('begin');
    // The database's own limits are for applications; a run waits, and its lock then idles.
    await client.query('set local statement_timeout = 0');
    await client.query('set local idle_in_transaction_session_timeout = 0');
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [LOCK]);
    return await work();
  } finally {
    await client.end();
  }
}
