import { setTimeout as delay } from 'node:timers/promises';
import { runWithTenant } from '@mt/runtime';

/** How long connections may take to come back when the last client has ended. */
const SETTLE_MS = 5_000;

/**
 * How many of a manager's connections cannot be used any more, now that nobody does: those that
 * still count as in use or waited for, and those that are missing when as many statements are sent
 * as there should be connections.
 *
 * @param failed is told of errors of those statements
 */
export async function lostConnections(connections, { tenants, max }, failed) {
  const used = () => connections.getActiveCount() + connections.getWaitingCount();
  const deadline = performance.now() + SETTLE_MS;
  while (used() > 0 && performance.now() < deadline) await delay(10);
  const kept = used();

  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, connections.getActiveCount());
  }, 5);
  const sleep = () => connections.pool.query('select pg_sleep(0.3)');
  const all = Array.from({ length: max }, (_, number) =>
    runWithTenant(tenants[number % tenants.length], sleep),
  );
  for (const { reason } of await Promise.allSettled(all)) if (reason) failed(reason);
  clearInterval(look);
  return Math.max(kept, max - most);
}
