import { createHash } from 'node:crypto';
import { SchematicsException } from '@angular-devkit/schematics';
import type { RenderedFiles } from '../render';
import type { ResourceNames } from '../names';
import { columnTypeOf } from './column-type';
import { checkOf } from './constraints';
import { indexName, uniqueName } from './drizzle-column';
import { columnOf, type ResourceField } from './field';
import { DEFAULT_MIGRATIONS, type DrizzlePrefix, type ExistingMigrations, MARKER } from './types';

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

export interface DrizzleMigration {
  readonly migration: RenderedFiles;
  readonly journal: RenderedFiles;
}

/**
 * Writes what `drizzle-kit generate` would write for a new table, without running it: the SQL, the snapshot that the
 * next `generate` compares with, and the journal's entry. The marker schema is neither in the SQL nor in the snapshot:
 * drizzle-kit looks after schemas that the barrel exports, and a tenant's schema exists before its migrations run.
 */
export function drizzleMigration(
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): DrizzleMigration {
  const tableName = names.plural.snake;
  const { directory, prefix = 'index' } = existing.place ?? {
    directory: DEFAULT_MIGRATIONS.drizzle,
  };
  const journalPath = `${directory}/meta/_journal.json`;
  const journal = readJournal(existing.files, journalPath);
  const last = journal.entries.at(-1);
  const parent = last ? readSnapshot(existing.files, directory, last, journalPath) : undefined;
  const key = `${MARKER}.${tableName}`;
  if (parent && key in parent.tables) return { migration: new Map(), journal: new Map() };

  const idx = last ? last.idx + 1 : 0;
  const when = freeTime(existing, directory, prefix, last);
  const beginning = prefixOf(prefix, idx, when);
  const tag = `${beginning}_create_${tableName}`;
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
    tables: sortKeys({ ...parent?.tables, [key]: tableSnapshot(names, fields) }),
  };
  const sql: [string, string] = [`${directory}/${tag}.sql`, createTable(names, fields)];
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

function createTable(names: ResourceNames, fields: readonly ResourceField[]): string {
  const table = names.plural.snake;
  const lines = [
    `"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "${MARKER}"."${table}_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1)`,
    ...fields.map(columnSql),
    ...fields
      .filter(({ unique }) => unique)
      .map((field) => `CONSTRAINT "${uniqueName(names, field)}" UNIQUE("${columnOf(field)}")`),
    ...fields.flatMap((field) => {
      const check = checkOf(names, field);
      return check ? [`CONSTRAINT "${check.name}" CHECK (${conditionSql(names, field)})`] : [];
    }),
  ];
  const statements = [
    `CREATE TABLE "${MARKER}"."${table}" (\n\t${lines.join(',\n\t')}\n);\n`,
    ...fields.filter(({ index }) => index).map((field) => indexSql(names, field)),
  ];
  return statements.join(BREAKPOINT);
}

/** drizzle-kit quotes what it does not know as a type of PostgreSQL. */
function columnSql(field: ResourceField): string {
  const value = defaultSql(field);
  return [
    `"${columnOf(field)}" ${sqlType(field).replace(/^bytea/, '"bytea"')}`,
    ...(value === undefined ? [] : [`DEFAULT ${value}`]),
    ...(field.optional ? [] : ['NOT NULL']),
  ].join(' ');
}

function indexSql(names: ResourceNames, field: ResourceField): string {
  return `CREATE INDEX "${indexName(names, field)}" ON "${MARKER}"."${names.plural.snake}" USING btree ("${columnOf(field)}");`;
}

/** With the column as Drizzle writes it in a condition. */
function conditionSql(names: ResourceNames, field: ResourceField): string {
  const column = `"${MARKER}"."${names.plural.snake}"."${columnOf(field)}"`;
  return checkOf(names, field)?.condition(column) ?? '';
}

function tableSnapshot(names: ResourceNames, fields: readonly ResourceField[]): object {
  const table = names.plural.snake;
  return {
    name: table,
    schema: MARKER,
    columns: {
      id: {
        name: 'id',
        type: 'integer',
        primaryKey: true,
        notNull: true,
        identity: {
          type: 'always',
          name: `${table}_id_seq`,
          schema: MARKER,
          increment: '1',
          startWith: '1',
          minValue: '1',
          maxValue: '2147483647',
          cache: '1',
          cycle: false,
        },
      },
      ...Object.fromEntries(fields.map((field) => [columnOf(field), columnSnapshot(field)])),
    },
    indexes: byName(
      fields.filter(({ index }) => index).map((field) => indexSnapshot(names, field)),
    ),
    foreignKeys: {},
    compositePrimaryKeys: {},
    uniqueConstraints: byName(
      fields
        .filter(({ unique }) => unique)
        .map((field) => ({
          name: uniqueName(names, field),
          nullsNotDistinct: false,
          columns: [columnOf(field)],
        })),
    ),
    policies: {},
    checkConstraints: byName(
      fields.flatMap((field) => {
        const check = checkOf(names, field);
        return check ? [{ name: check.name, value: conditionSql(names, field) }] : [];
      }),
    ),
    isRLSEnabled: false,
  };
}

function columnSnapshot(field: ResourceField): object {
  const value = defaultSnapshot(field);
  return {
    name: columnOf(field),
    type: sqlType(field),
    primaryKey: false,
    notNull: !field.optional,
    ...(value === undefined ? {} : { default: value }),
  };
}

function indexSnapshot(names: ResourceNames, field: ResourceField): Named {
  const column = {
    expression: columnOf(field),
    isExpression: false,
    asc: true,
    nulls: 'last',
  };
  const kind = { isUnique: false, concurrently: false, method: 'btree', with: {} };
  return { name: indexName(names, field), columns: [column], ...kind };
}

interface Named {
  readonly name: string;
  readonly [key: string]: unknown;
}

function byName(items: readonly Named[]): Record<string, Named> {
  return Object.fromEntries(items.map((item) => [item.name, item]));
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

function sqlType(field: ResourceField): string {
  return `${columnTypeOf(field).drizzle.sql}${field.array ? '[]' : ''}`;
}

function defaultSql(field: ResourceField): string | undefined {
  if (field.default === undefined) return undefined;
  const { expressions = {}, constant } = columnTypeOf(field);
  return expressions[field.default]?.sql ?? constant?.(field.default)?.drizzleSql;
}

/** A number or a boolean as itself, and all else as SQL. */
function defaultSnapshot(field: ResourceField): unknown {
  const sql = defaultSql(field);
  return sql !== undefined && /^(?:-?[\d.]+|true|false)$/.test(sql) ? JSON.parse(sql) : sql;
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
