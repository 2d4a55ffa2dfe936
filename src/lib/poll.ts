import { setTimeout as delay } from 'node:timers/promises';

/** The pauses between two attempts grow from the first to the second, in milliseconds. */
const SHORTEST_PAUSE = 20;
const LONGEST_PAUSE = 1_000;

/** What a wait ends with whose signal was aborted. */
export class WaitAborted extends Error {}

/**
 * Attempts something until it succeeds, with pauses of random length in between, so that two who wait
 * for the same do not ask at the same moment. Nothing waits in the server meanwhile: a statement that
 * waits for a lock holds a snapshot, for which every CREATE INDEX CONCURRENTLY in the database waits.
 *
 * @param attempt gives undefined where it has to be made again
 * @throws WaitAborted
 */
export async function poll<T>(
  attempt: () => Promise<T | undefined>,
  signal?: AbortSignal,
): Promise<T> {
  for (let pause = SHORTEST_PAUSE; ; pause = Math.min(2 * pause, LONGEST_PAUSE)) {
    if (signal?.aborted) throw new WaitAborted();
    const result = await attempt();
    if (result !== undefined) return result;
    // An abort ends the pause, and is seen above.
    await delay(pause * (0.5 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
  }
}
