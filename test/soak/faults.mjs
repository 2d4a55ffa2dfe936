import { setTimeout as delay } from 'node:timers/promises';
import { ask, NOT_UNDER_TEST } from './server.mjs';
import { randomFrom } from './random.mjs';

const UNDER_TEST = `
  from pg_stat_activity
  where backend_type = 'client backend' and datname = current_database()
    and application_name not in ${NOT_UNDER_TEST}`;

/** How many statements there are to one fault of a kind, and how often it happens at least. */
const RATES = {
  terminate: { statements: 500, least: 5 },
  cancel: { statements: 300, least: 8 },
  recreate: { statements: 2_000, least: 2 },
  restart: { statements: 25_000, least: 1 },
};

/**
 * Does harm to the server while a child works, at random, spread over its work.
 *
 * @returns how often each fault was done, and how long it took at most until work went on after the
 *   server had come back
 */
export async function injectFaults(child, { server, tenancy, statements, seed }) {
  const random = randomFrom(seed);
  const done = { terminated: 0, cancelled: 0, recreated: 0, restarts: 0, longestReturnMs: 0 };
  const faults = {
    async terminate() {
      const [{ count }] = await ask(
        server.connectionString,
        `select count(pg_terminate_backend(pid))::int as count
         from (select pid ${UNDER_TEST} order by random() limit ${random.between(1, 3)})`,
      );
      done.terminated += count;
    },
    async cancel() {
      const [{ count }] = await ask(
        server.connectionString,
        `select count(pg_cancel_backend(pid))::int as count
         from (select pid ${UNDER_TEST} and state <> 'idle' order by random() limit 3)`,
      );
      done.cancelled += count;
    },
    async recreate() {
      try {
        await tenancy.recreate(random.pick(tenancy.dropped), () => delay(random.between(0, 30)));
      } catch (error) {
        // Its tables were in use; then it is made again the next time.
        if (!BUSY.has(error.code)) throw error;
      }
      done.recreated++;
    },
    async restart() {
      await server.halt(random.pick(['fast', 'immediate']));
      await child.ask({ type: 'halted' }, 'halted');
      await delay(random.between(20, 400));
      const at = await server.resume();
      const resumed = await child.ask({ type: 'returned' }, 'resumed');
      done.restarts++;
      if (resumed) done.longestReturnMs = Math.max(done.longestReturnMs, resumed.at - at);
    },
  };
  for (const { at, name } of schedule(statements, random)) {
    while (child.progress < at && !child.ended) await delay(5);
    if (child.ended) break;
    await faults[name]();
  }
  return done;
}

/** lock_not_available, deadlock_detected, duplicate_schema */
const BUSY = new Set(['55P03', '40P01', '42P06']);

/** What happens after how many statements; nothing in the first and last of them. */
function schedule(statements, random) {
  const faults = Object.entries(RATES).flatMap(([name, { statements: each, least }]) =>
    Array.from({ length: Math.max(least, Math.round(statements / each)) }, () => ({
      name,
      at: statements * (0.05 + 0.9 * random.next()),
    })),
  );
  return faults.toSorted((one, other) => one.at - other.at);
}
