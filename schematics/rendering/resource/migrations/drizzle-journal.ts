import { createHash } from 'node:crypto';
import { SchematicsException } from '@angular-devkit/schematics';
import type { RenderedFiles } from '../../render';
import { DEFAULT_MIGRATIONS, type DrizzlePrefix, type ExistingMigrations } from '../types';

const FORMAT = '7';
const BREAKPOINT = '--> statement-breakpoint\n';
const FIRST_PARENT = '00000000-0000-0000-0000-000000000000';

interface Journal {
  readonly version: string;
  readonly dialect: string;
  readonly entries: readonly JournalEntry[];
}

interface JournalEntry {
  readonly idx: number;
  readonly version: string;
  readonly when: number;
  readonly tag: string;
  readonly breakpoints: boolean;
}

interface Snapshot {
  readonly id: string;
  readonly prevId: string;
  readonly version: string;
  readonly tables: Readonly<Record<string, unknown>>;
}

/** A migration that is behind all others. */
export interface DrizzleMigration {
  readonly migration: RenderedFiles;
  readonly journal: RenderedFiles;
}

type Tables = Snapshot['tables'];

/** What a migration does. */
export interface DrizzleStep {
  /** Behind the number: `create_invoices`. */
  readonly name: string;
  readonly statements: readonly string[];
  /** The tables after it. */
  readonly tables: Tables;
}

/**
 * Continues drizzle-kit's journal by a migration: the SQL, the snapshot that the next `generate` compares with, and the
 * journal's entry.
 *
 * @param step what it does to the tables that are there before; undefined where there is nothing to do
 */
export function continueJournal(
  existing: ExistingMigrations,
  step: (tables: Tables) => DrizzleStep | undefined,
): DrizzleMigration {
  const { directory, prefix = 'index' } = existing.place ?? {
    directory: DEFAULT_MIGRATIONS.drizzle,
  };
  const journalPath = `${directory}/meta/_journal.json`;
  const journal = readJournal(existing.files, journalPath);
  const last = journal.entries.at(-1);
  const parent = last ? readSnapshot(existing.files, directory, last, journalPath) : undefined;
  const next = step(parent?.tables ?? {});
  if (!next) return { migration: new Map(), journal: new Map() };

  const idx = last ? last.idx + 1 : 0;
  const when = freeTime(existing, directory, prefix, last);
  const beginning = prefixOf(prefix, idx, when);
  const tag = `${beginning}_${next.name}`;
  const entry: JournalEntry = {
    idx,
    version: FORMAT,
    when,
    tag,
    breakpoints: true,
  };
  const content = {
    ...(parent ?? emptySnapshot()),
    prevId: parent?.id ?? FIRST_PARENT,
    tables: sortKeys(next.tables),
  };
  const sql: [string, string] = [`${directory}/${tag}.sql`, next.statements.join(BREAKPOINT)];
  const snapshot: [string, string] = [
    snapshotPath(directory, beginning),
    toJson({ ...content, id: idOf(content) }),
  ];
  const continued: [string, string] = [
    journalPath,
    toJson({ ...journal, entries: [...journal.entries, entry] }),
  ];
  // Without a prefix there is one snapshot, which is replaced each time.
  return prefix === 'none'
    ? { migration: new Map([sql]), journal: new Map([snapshot, continued]) }
    : { migration: new Map([sql, snapshot]), journal: new Map([continued]) };
}

/** Behind the last migration, and so that its snapshot is a file of its own: some prefixes count seconds. */
function freeTime(
  { files, now }: ExistingMigrations,
  directory: string,
  prefix: DrizzlePrefix,
  last: JournalEntry | undefined,
): number {
  let when = last ? Math.max(now, last.when + 1) : now;
  if (prefix === 'index' || prefix === 'none') return when;
  while (files.has(snapshotPath(directory, prefixOf(prefix, 0, when)))) when += 1000;
  return when;
}

function emptySnapshot(): Snapshot & Readonly<Record<string, unknown>> {
  return {
    id: '',
    prevId: FIRST_PARENT,
    version: FORMAT,
    dialect: 'postgresql',
    tables: {},
    enums: {},
    schemas: {},
    sequences: {},
    roles: {},
    policies: {},
    views: {},
    _meta: { columns: {}, schemas: {}, tables: {} },
  };
}

function readJournal(files: RenderedFiles, journalPath: string): Journal {
  const text = files.get(journalPath);
  if (text === undefined) return { version: FORMAT, dialect: 'postgresql', entries: [] };
  return parse<Journal>(journalPath, text, 'entries');
}

function readSnapshot(
  files: RenderedFiles,
  directory: string,
  { tag }: JournalEntry,
  journalPath: string,
): Snapshot {
  const path = snapshotPath(directory, tag.split('_')[0] ?? '');
  const text = files.get(path);
  if (text === undefined) {
    throw new SchematicsException(
      `${path} is missing, and ${journalPath} names it: restore it from version control.`,
    );
  }
  return parse<Snapshot>(path, text, 'tables');
}

/** Checks no more than what is used: the rest belongs to drizzle-kit and is passed on as it is. */
function parse<Content extends { readonly version: string }>(
  path: string,
  text: string,
  key: keyof Content & string,
): Content {
  let content: Partial<Content> | null;
  try {
    content = JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new SchematicsException(
      `${path} is not valid JSON (${reason}): resolve it by hand, or restore it from version control.`,
    );
  }
  if (!isContent(content, key)) {
    throw new SchematicsException(
      `${path} is not in drizzle-kit's format ${FORMAT}: run "npx drizzle-kit up" first.`,
    );
  }
  return content;
}

function isContent<Content extends { readonly version: string }>(
  content: Partial<Content> | null,
  key: keyof Content,
): content is Content {
  return content !== null && content.version === FORMAT && typeof content[key] === 'object';
}

function snapshotPath(directory: string, beginning: string): string {
  return `${directory}/meta/${beginning}_snapshot.json`;
}

function prefixOf(prefix: DrizzlePrefix, idx: number, when: number): string {
  switch (prefix) {
    case 'index':
      return String(idx).padStart(4, '0');
    case 'timestamp':
    case 'supabase':
      return new Date(when).toISOString().replaceAll(/\D/g, '').slice(0, 14);
    case 'unix':
      return String(Math.floor(when / 1000));
    default:
      return '';
  }
}

/** A UUID of the content, so that the same run gives the same file. */
function idOf(content: object): string {
  const hex = createHash('sha256').update(JSON.stringify(content)).digest('hex');
  // The two fixed digits say "custom" (version 8) and the variant of RFC 9562.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function sortKeys(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : Number(a > b))),
  );
}

/** As drizzle-kit writes it: without a line break at the end. */
function toJson(content: object): string {
  return JSON.stringify(content, null, 2);
}
