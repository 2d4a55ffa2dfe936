import { runWorkers } from '../../run-workers.js';

/**
 * Two meet on the connections. With more, each instance of an application that starts would open that
 * many, which is most of what a start waits for; not three, of which each kind of probe would always
 * follow itself.
 */
const AT_A_TIME = 2;

/** Sends probes, some at the same time, and tells how each went. */
export async function settleProbes<T>(
  probes: readonly (() => Promise<T>)[],
): Promise<PromiseSettledResult<T>[]> {
  const settled: PromiseSettledResult<T>[] = [];
  const left = probes.entries();
  await runWorkers(
    AT_A_TIME,
    async () => {
      for (const [number, probe] of left) {
        const [result] = await Promise.allSettled([probe()]);
        settled[number] = result;
      }
    },
    () => undefined,
  );
  return settled;
}
