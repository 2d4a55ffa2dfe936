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
    release();
    const rest = report.written
      ? 'The files were written; packages may not be installed.'
      : 'Nothing was written.';
    console.error(`\nStopped. ${rest}`);
    process.once('SIGTERM', () => process.exit(INTERRUPTED));
    // Those that this one has started, too; on Windows they end with their terminal.
    if (process.platform === 'win32') process.exit(INTERRUPTED);
    process.kill(0, 'SIGTERM');
  };
  const release = (): void => void process.off('SIGINT', stop);
  process.on('SIGINT', stop);
  return release;
}
