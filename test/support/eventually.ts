import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until something is so. Fails where it does not become so in time. */
export async function eventually(
  check: () => boolean | Promise<boolean>,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await check())) {
    if (performance.now() > deadline)
      throw new Error(`Not so within ${timeoutMs} ms: ${String(check)}`);
    await sleep(5);
  }
}
