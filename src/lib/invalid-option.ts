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

/** @throws ConfigurationError for what has no meaning there: most often one that is spelt wrong */
export function refuseUnknownOptions(options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).filter((option) => !known.includes(option));
  if (unknown.length === 0) return;
  throw new ConfigurationError(`There is no option ${unknown.join(', ')}.`, {
    remedy: `The options are: ${known.join(', ')}.`,
  });
}
