import type { Report } from './report';

/** As shells have it: 128 and the number of the signal. */
const INTERRUPTED = 130;

/**
 * Ends a run at Ctrl-C. What installs packages shows a spinner that takes the terminal's keys, so that
 * the signal comes to this process alone, and nothing happened.
 *
 * @returns takes that back
 */
export function stopOnInterrupt(report: Report): () => void {
  const stop = (): void => {
    const rest = report.written
      ? 'The files were written; packages may not be installed, and nothing is committed. To go on, install the packages in the folder of the files.'
      : 'Nothing was written.';
    console.error(`\nStopped. ${rest}`);
    process.on('SIGINT', () => process.exit(INTERRUPTED));
    process.off('SIGINT', stop);
    // As the terminal would have: to those that this one has started, and that have started it.
    if (process.platform === 'win32') process.exit(INTERRUPTED);
    process.kill(0, 'SIGINT');
  };
  process.on('SIGINT', stop);
  // The spinner takes the keys in any case, and reads them, Ctrl-C among them, only where nobody reads.
  if (process.stdin.isTTY) process.stdin.pause();
  return () => void process.off('SIGINT', stop);
}
