import { inspect } from 'node:util';
import { ConfigurationError } from './errors.js';

/** The most that timers of Node and settings of PostgreSQL hold: more fires at once, or is refused. */
export const MOST = 2 ** 31 - 1;

/** Throws where an option cannot have a value. @param option as it is named to people */
export type Check = (option: string, value: unknown) => void;

/**
 * A whole number. Environment variables arrive as text, and "10" < 9 is nothing to find out in
 * production.
 *
 * @throws ConfigurationError that names the option
 */
export function whole(option: string, value: unknown, least: number, most = MOST): number {
  if (Number.isInteger(value) && Number(value) >= least && Number(value) <= most) {
    return Number(value);
  }
  throw unfit(option, value, `Set it to a whole number from ${least} to ${most}.`);
}

/** @throws ConfigurationError for an option that does not exist, which would be without effect */
export function refuseUnknown(where: string, options: object, known: object): void {
  for (const option of Object.keys(options)) {
    if (Object.hasOwn(known, option)) continue;
    const meant = Object.keys(known).find((name) => plain(name) === plain(option));
    throw new ConfigurationError(`There is no option ${where}${option}.`, {
      remedy: meant ? `Write \`${meant}\`.` : 'Remove it, or correct its name.',
    });
  }
}

function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]/g, '').toLowerCase();
}

/** The error for a value that an option cannot have. */
export function unfit(option: string, value: unknown, remedy: string): ConfigurationError {
  const shown = inspect(value, { depth: 0, breakLength: Infinity, maxStringLength: 100 });
  return new ConfigurationError(`The option ${option} cannot be ${shown}.`, { remedy });
}

/** @throws ConfigurationError for anything but one of the choices */
export function oneOf(option: string, value: unknown, choices: readonly string[]): void {
  if (choices.includes(value as string)) return;
  throw unfit(option, value, `Set it to ${choices.map((choice) => `"${choice}"`).join(' or ')}.`);
}

export function wholeFrom(least: number, most?: number): Check {
  return (option, value) => {
    whole(option, value, least, most);
  };
}

/** @param expected reads on "Set it to …" */
export function check(isFit: (value: unknown) => boolean, expected: string): Check {
  return (option, value) => {
    if (!isFit(value)) throw unfit(option, value, `Set it to ${expected}.`);
  };
}

export const isText = check((value) => typeof value === 'string', 'text');
export const isSwitch = check((value) => typeof value === 'boolean', 'true or false');
export const isFunction = check((value) => typeof value === 'function', 'a function');
export const isSignal = check(
  (value) => typeof (value as { aborted?: unknown } | null)?.aborted === 'boolean',
  'the signal of an AbortController',
);
