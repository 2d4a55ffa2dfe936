import { posix } from 'node:path';
import type { ResourceNames } from '../../names';
import { columnOf, type ResourceField } from '../field';
import { type ExistingMigrations, MARKER } from '../types';
import { alterTable, reversed } from './alter-table';
import type { FieldChange } from './field-change';
import { hashedName, typeormDialect as dialect } from './typeorm-dialect';

/** What the template of a migration class reads. */
export type TypeormMigrationView = {
  readonly className: string;
  /** `1767225600000-create-invoices` */
  readonly file: string;
  /** Statements, as the inside of template strings. */
  readonly up: readonly string[];
  readonly down: readonly string[];
};

/** The migration that creates the table just as TypeORM's own generator would; none where another one does. */
export function typeormMigration(
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): TypeormMigrationView | undefined {
  if (isCreated(names, existing)) return undefined;
  const { up, down } = creation(names, fields);
  const { plural } = names;
  return view(existing, `Create${plural.pascal}`, `create-${plural.kebab}`, up, down);
}

/** The migration that drops the table; none where no migration has made it. */
export function typeormRemoval(
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): TypeormMigrationView | undefined {
  if (!isCreated(names, existing)) return undefined;
  const { up } = creation(names, fields);
  const { plural } = names;
  // Keys and indexes go with it, whatever they are called by now.
  const drop = [`DROP TABLE ${tableOf(names)}`];
  return view(existing, `Drop${plural.pascal}`, `drop-${plural.kebab}`, drop, up);
}

/** A migration for statements of the team's own. */
export function emptyTypeormMigration(
  name: { readonly pascal: string; readonly kebab: string },
  existing: ExistingMigrations,
): TypeormMigrationView {
  return view(existing, name.pascal, name.kebab, [], []);
}

/** What makes the table and all that belongs to it, and what takes that away. */
function creation(
  names: ResourceNames,
  fields: readonly ResourceField[],
): { readonly up: readonly string[]; readonly down: readonly string[] } {
  const indexed = fields.filter(({ index }) => index);
  const keys = fields.flatMap((field) => dialect.foreignKey(names, field) ?? []);
  const up = [
    createTable(names, fields),
    ...indexed.map(
      (field) =>
        `CREATE INDEX "${dialect.indexName(names, field)}" ON ${tableOf(names)} ("${columnOf(field)}")`,
    ),
    ...keys.map(
      ({ name, definition }) =>
        `ALTER TABLE ${tableOf(names)} ADD CONSTRAINT "${name}" ${definition}`,
    ),
  ];
  const down = [
    ...keys
      .map(({ name }) => `ALTER TABLE ${tableOf(names)} DROP CONSTRAINT "${name}"`)
      .toReversed(),
    ...indexed
      .map((field) => `DROP INDEX "${MARKER}"."${dialect.indexName(names, field)}"`)
      .toReversed(),
    `DROP TABLE ${tableOf(names)}`,
  ];
  return { up, down };
}

/** The migration that changes fields; none where no migration has made the table. */
export function typeormAlteration(
  names: ResourceNames,
  changes: readonly FieldChange[],
  name: { readonly pascal: string; readonly kebab: string },
  existing: ExistingMigrations,
): TypeormMigrationView | undefined {
  const up = alterTable(names, changes, dialect);
  if (up.length === 0 || !isCreated(names, existing)) return undefined;
  const down = alterTable(names, reversed(changes), dialect);
  return view(existing, name.pascal, name.kebab, up, down);
}

/** Whether the last migration that says something of the table makes it. */
function isCreated(names: ResourceNames, { files }: ExistingMigrations): boolean {
  const table = tableOf(names);
  const all = [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, text]) => upOf(text))
    .join('\n');
  const dropped = ['', 'IF EXISTS '].map((clause) =>
    all.lastIndexOf(`DROP TABLE ${clause}${table}`),
  );
  return all.lastIndexOf(`CREATE TABLE ${table}`) > Math.max(...dropped);
}

/** What `down` says is the opposite; it can stand on either side. */
function upOf(text: string): string {
  const [up = text] =
    /\n[ \t]*(?:public )?(?:async )?up\s*\([^]*?(?=\n[ \t]*(?:public )?(?:async )?down\s*\(|$)/.exec(
      text,
    ) ?? [];
  return up;
}

function tableOf({ plural }: ResourceNames): string {
  return `"${MARKER}"."${plural.snake}"`;
}

function view(
  existing: ExistingMigrations,
  name: string,
  file: string,
  up: readonly string[],
  down: readonly string[],
): TypeormMigrationView {
  const timestamp = String(Math.max(existing.now, lastTimestamp(existing) + 1));
  return {
    className: `${name}${timestamp}`,
    file: `${timestamp}-${file}`,
    up: up.map(inTemplate),
    down: down.map(inTemplate),
  };
}

/** Indented for its place in the template: Prettier leaves the inside of a string alone. */
function createTable(names: ResourceNames, fields: readonly ResourceField[]): string {
  const lines = tableParts(names, fields).map((part) => `        ${part}`);
  return `\n      CREATE TABLE ${tableOf(names)} (\n${lines.join(',\n')}\n      )\n    `;
}

function tableParts(names: ResourceNames, fields: readonly ResourceField[]): string[] {
  return [
    '"id" integer GENERATED ALWAYS AS IDENTITY NOT NULL',
    ...fields.map((field) => dialect.column(field)),
    ...fields
      .filter((field) => field.unique)
      .map(
        (field) => `CONSTRAINT "${dialect.uniqueName(names, field)}" UNIQUE ("${columnOf(field)}")`,
      ),
    // Decorators are applied from below.
    ...fields.toReversed().flatMap((field) => {
      const check = dialect.check(names, field);
      return check ? [`CONSTRAINT "${check.name}" CHECK (${check.condition})`] : [];
    }),
    `CONSTRAINT "${hashedName('PK', names.plural.snake, 'id')}" PRIMARY KEY ("id")`,
  ];
}

/** What would end a template string, or be replaced in it. */
function inTemplate(sql: string): string {
  return sql.replaceAll(/[\\`]|\$\{/g, String.raw`\$&`);
}

function lastTimestamp({ files }: ExistingMigrations): number {
  const timestamps = [...files.keys()].map((path) =>
    Number(/^\d+/.exec(posix.basename(path))?.[0]),
  );
  return Math.max(0, ...timestamps.filter(Number.isSafeInteger));
}
