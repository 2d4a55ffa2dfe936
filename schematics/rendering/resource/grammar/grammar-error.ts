import { SchematicsException } from '@angular-devkit/schematics';

/** As much as is shown of a long line. */
const WIDTH = 76;

/**
 * What is wrong with a text that was given, and where.
 *
 * @example
 * throw grammarError('--fields', 'amount:decimall(12,2)', 7, 'there is no type "decimall"');
 * // --fields: there is no type "decimall".
 * //   amount:decimall(12,2)
 * //          ^
 */
export function grammarError(
  what: string,
  text: string,
  at: number,
  reason: string,
): SchematicsException {
  const from = Math.max(0, Math.min(at - WIDTH / 2, text.length - WIDTH));
  // What cannot be seen would move the caret.
  const shown = text.slice(from, from + WIDTH).replaceAll(/[^\P{C} ]|\p{Z}/gu, ' ');
  return new SchematicsException(
    `${what}: ${reason}${reason.endsWith('?') ? '' : '.'}\n  ${shown.trimEnd()}\n  ${' '.repeat(at - from)}^`,
  );
}
