/**
 * Runs so many workers at the same time and waits for all of them, also where one throws; what it has
 * thrown is thrown then.
 *
 * @param onBroken is told at once that one has thrown, for the others to stop
 */
export async function runWorkers(
  count: number,
  work: () => Promise<void>,
  onBroken: () => void,
): Promise<void> {
  const workers = Array.from({ length: count }, () =>
    work().catch((error: unknown) => {
      onBroken();
      throw error;
    }),
  );
  const broken = (await Promise.allSettled(workers)).find(({ status }) => status === 'rejected');
  if (broken?.status === 'rejected') throw broken.reason;
}
