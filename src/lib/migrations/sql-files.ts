import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigurationError } from '../errors.js';

/** A migration as it lies in its folder. */
export interface SqlFile {
  /** Without `.sql`: what the ledger knows it by. */
  readonly name: string;
  readonly text: string;
}

/** What drizzle-kit writes beside its files; of no other tool's folder. */
const JOURNAL = join('meta', '_journal.json');

/**
 * Reads a folder of SQL files in the order in which they are applied: that of drizzle-kit's journal
 * where there is one, and otherwise that of their names.
 *
 * @throws ConfigurationError where the folder or a file cannot be read, or the order is not known
 */
export async function readSqlFiles(directory: string): Promise<SqlFile[]> {
  const files = await sqlFilesIn(directory);
  const names = files.map(nameOf);
  const order = await readJournal(directory);
  if (order) requireSame(names, order);
  else requireOrderByName(names);
  const position = order ? (name: string) => order.indexOf(name) : undefined;
  return Promise.all(
    files
      .toSorted((one, other) => compare(nameOf(one), nameOf(other), position))
      .map(async (file) => ({ name: nameOf(file), text: await readText(join(directory, file)) })),
  );
}

/** Hidden files are no migrations: editors and operating systems leave copies under such names. */
async function sqlFilesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && /^[^.].*\.sql$/i.test(entry.name))
      .map(({ name }) => name);
  } catch (error) {
    throw new ConfigurationError(`The folder of migrations ${directory} cannot be read.`, {
      cause: error,
      remedy:
        'Generate the first migration, or correct the path; it must be deployed with the app.',
    });
  }
}

function nameOf(file: string): string {
  return file.slice(0, -'.sql'.length);
}

function compare(one: string, other: string, position?: (name: string) => number): number {
  if (position) return position(one) - position(other);
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** The names in drizzle-kit's order, or undefined where it keeps no journal here. */
async function readJournal(directory: string): Promise<string[] | undefined> {
  const file = join(directory, JOURNAL);
  let text: string;
  try {
    text = await readText(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    const { entries } = JSON.parse(text) as { entries: { tag: string }[] };
    return entries.map(({ tag }) => tag);
  } catch (error) {
    throw new ConfigurationError(`${file} is not the journal of drizzle-kit.`, {
      cause: error,
      remedy: 'Mend it: a merge of two branches has to leave JSON.',
    });
  }
}

function requireSame(names: readonly string[], journal: readonly string[]): void {
  const unlisted = names.filter((name) => !journal.includes(name));
  if (unlisted.length > 0) {
    throw new ConfigurationError(
      `drizzle-kit’s journal does not have the migrations ${unlisted.join(', ')}, so their place is not known.`,
      {
        remedy:
          'Have drizzle-kit make them, for SQL of your own with `drizzle-kit generate --custom --name=…`; or remove them.',
      },
    );
  }
  const lost = journal.filter((tag) => !names.includes(tag));
  if (lost.length > 0) {
    throw new ConfigurationError(
      `drizzle-kit’s journal has migrations whose files are missing: ${lost.join(', ')}.`,
      { remedy: 'Put the files back; the folder must be deployed whole, `meta` included.' },
    );
  }
}

/** With `prefix: 'none'` drizzle-kit writes `_add_color.sql`, whose place only its journal tells. */
function requireOrderByName(names: readonly string[]): void {
  const unordered = names.filter((name) => name.startsWith('_'));
  if (unordered.length < 2) return;
  throw new ConfigurationError(
    `The order of the migrations ${unordered.join(', ')} is in drizzle-kit’s journal, which is missing.`,
    { remedy: `Deploy ${JOURNAL} with them, or give them names that sort in their order.` },
  );
}

/** Without the byte-order mark that some editors write, which is no SQL. */
async function readText(file: string): Promise<string> {
  const bytes = await readFile(file).catch((error: unknown) => {
    throw new ConfigurationError(`${file} cannot be read.`, {
      cause: error,
      remedy: 'Look at what is there, and at its rights.',
    });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ConfigurationError(`${file} is not UTF-8.`, {
      cause: error,
      remedy: 'Save it as UTF-8: read as anything else, its texts would be others in the database.',
    });
  }
}

function isMissing(error: unknown): boolean {
  const { cause } = error as { cause?: NodeJS.ErrnoException };
  return cause?.code === 'ENOENT';
}
