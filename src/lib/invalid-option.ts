import { inspect } from 'node:util';
import { ConfigurationError } from './errors.js';

/**
 * The error for an option that makes no sense.
 *
 * @param wanted what it may be: "a whole number of 1 or more"
 */
export function invalidOption(option: string, value: unknown, wanted: string): ConfigurationError {
  return new ConfigurationError(`The option ${option} cannot be ${inspect(value)}.`, {
    remedy: `Set it to ${wanted}.`,
  });
}

/** Timers of Node fire at once when they are given more. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A number of milliseconds that a timer can wait.
 *
 * @throws ConfigurationError
 */
export function parseDuration(option: string, milliseconds: number, least = 1): number {
  const isDuration = typeof milliseconds === 'number' && milliseconds >= least;
  if (isDuration && milliseconds <= LONGEST_TIMER_MS) return milliseconds;
  throw invalidOption(
    option,
    milliseconds,
    `a number of milliseconds from ${least} to ${LONGEST_TIMER_MS}`,
  );
}

/** @throws ConfigurationError */
export function parseCount(option: string, count: number, least = 1): number {
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw invalidOption(option, count, `a whole number of ${least} or more`);
}

/** @throws ConfigurationError for what has no meaning there: most often one that is spelt wrong */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((option) => !known.includes(option));
  if (unknown.length === 0) return;
  throw new ConfigurationError(`There is no option ${unknown.join(', ')}.`, {
    remedy: `The options are: ${known.join(', ')}.`,
  });
}
