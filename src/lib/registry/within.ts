/** Settles as `work` does; rejects with `late()` where that takes longer. */
export async function within<T>(
  work: Promise<T>,
  milliseconds: number,
  late: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    // A process that was busy for so long has its timers run before it reads its sockets. The answer
    // may be there, so they are read once more.
    timer = setTimeout(() => setImmediate(() => reject(late())), milliseconds);
    timer.unref();
  });
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
