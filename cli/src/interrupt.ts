import { setImmediate } from 'node:timers/promises';
import type { Report } from './report';

/** As shells have it: 128 and the number of the signal. */
export const INTERRUPTED = 130;

/** What there is to know of Ctrl-C while a schematic runs. */
export interface Interrupt {
  /** Whether it was pressed: whatever failed then, failed of it. */
  happened(): Promise<boolean>;
  /** Takes the handler back. */
  release(): void;
}

/**
 * Ends a run at Ctrl-C. What installs packages shows a spinner that takes the terminal's keys, so that
 * the signal comes to this process alone, and nothing happened.
 */
export function stopOnInterrupt(report: Report): Interrupt {
  let stopped = false;
  const stop = (): void => {
    stopped = true;
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
  return {
    async happened() {
      // The terminal sends it to npm too: its end may be heard of before the signal is.
      await setImmediate();
      return stopped;
    },
    release: () => void process.off('SIGINT', stop),
  };
}
