import { strings } from '@angular-devkit/core';
import { SchematicsException } from '@angular-devkit/schematics';

/**
 * What the stock Nest CLI passes to every schematic of every collection, asked for or not (`nest g`, `nest new`, 11
 * and 12). A schematic that has no use for them ignores them.
 */
const STOCK_CLI_OPTIONS: readonly string[] = [
  'collection',
  'crud',
  'description',
  'author',
  'version',
  'dependencies',
  'devDependencies',
  'directory',
  'dryRun',
  'flat',
  'format',
  'language',
  'name',
  'observe',
  'packageManager',
  'path',
  'project',
  'skipGit',
  'skipImport',
  'skipInstall',
  'skipTests',
  'sourceRoot',
  'spec',
  'specFileSuffix',
  'strict',
  'type',
];

/**
 * Refuses flags that neither the schematic nor the stock CLI knows: a misspelt flag must not be ignored silently, and
 * `additionalProperties: false` would refuse those of the stock CLI too.
 *
 * @throws SchematicsException in one line, with the nearest known flag
 */
export function assertKnownOptions(options: object, known: readonly string[]): void {
  const accepted = new Set([...known, ...STOCK_CLI_OPTIONS]);
  for (const given of Object.keys(options)) {
    if (accepted.has(strings.camelize(given))) continue;
    const nearest = suggest(strings.camelize(given), known);
    const hint = nearest ? ` Did you mean --${strings.dasherize(nearest)}?` : '';
    throw new SchematicsException(
      `Unknown option --${strings.dasherize(given)}.${hint} Known: ${known.map((name) => `--${strings.dasherize(name)}`).join(', ')}.`,
    );
  }
}

/**
 * @param flag without dashes, e.g. `orm`
 * @throws SchematicsException in one line when the value is none of the choices
 */
export function parseChoice<const Choice extends string>(
  flag: string,
  value: unknown,
  choices: readonly Choice[],
): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  const nearest = typeof value === 'string' ? suggest(value, choices) : undefined;
  const hint = nearest ? ` Did you mean ${nearest}?` : '';
  throw new SchematicsException(
    `Unknown value ${show(value)} for --${flag}: choose ${choices.join(' or ')}.${hint}`,
  );
}

/** The candidate that differs from `value` by no more than a third of its letters. */
export function suggest(value: string, candidates: readonly string[]): string | undefined {
  const scored = candidates
    .map((candidate) => ({
      candidate,
      distance: editDistance(value.toLowerCase(), candidate.toLowerCase()),
    }))
    .toSorted((a, b) => a.distance - b.distance);
  const [best] = scored;
  if (!best) return undefined;
  const tolerance = Math.max(1, Math.floor(Math.max(value.length, best.candidate.length) / 3));
  return best.distance <= tolerance ? best.candidate : undefined;
}

/** Quoted and cut for a one-line message, so that odd input cannot break the line. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 57)}…"` : text;
}

/** Levenshtein distance with swapped neighbours counted once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number): number => rows[row]?.[column] ?? Infinity;
  for (let i = 1; i <= a.length; i++) {
    rows.push([i]);
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, at(i - 2, j - 2) + 1);
      }
      rows[i]?.push(best);
    }
  }
  return at(a.length, b.length);
}
