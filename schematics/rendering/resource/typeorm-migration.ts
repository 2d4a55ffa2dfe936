import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { ResourceNames } from '../names';
import { fieldTypeOf, type ResourceField } from './field-types';
import { columnOf } from './fields';
import { type ExistingMigrations, MARKER } from './types';

/** What the template of a migration class reads. */
export type TypeormMigrationView = {
  readonly className: string;
  readonly timestamp: string;
  readonly plural: string;
  readonly up: string;
  readonly down: string;
};

/**
 * The migration that creates the table just as TypeORM's own generator would: constraints carry the names of its default
 * naming strategy, so that the generator finds nothing to add. None when a migration creates the table already.
 */
export function typeormMigration(
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): TypeormMigrationView | undefined {
  const tableName = names.plural.snake;
  const table = `"${MARKER}"."${tableName}"`;
  if ([...existing.files.values()].some((text) => text.includes(`CREATE TABLE ${table}`))) {
    return undefined;
  }
  const timestamp = String(Math.max(existing.now, lastTimestamp(existing) + 1));
  return {
    className: `Create${names.plural.pascal}${timestamp}`,
    timestamp,
    plural: names.plural.kebab,
    up: createTable(table, tableParts(tableName, fields)),
    down: `DROP TABLE ${table}`,
  };
}

/** Indented for its place in the template: Prettier leaves the inside of a string alone. */
function createTable(table: string, parts: readonly string[]): string {
  const lines = parts.map((part) => `        ${part}`).join(',\n');
  return `\n      CREATE TABLE ${table} (\n${lines}\n      )\n    `;
}

function tableParts(tableName: string, fields: readonly ResourceField[]): string[] {
  return [
    '"id" integer GENERATED ALWAYS AS IDENTITY NOT NULL',
    ...fields.map(
      (field) => `"${columnOf(field)}" ${fieldTypeOf(field).typeorm.sql(field)} NOT NULL`,
    ),
    ...fields
      .filter((field) => field.unique)
      .map((field) => {
        const column = columnOf(field);
        return `CONSTRAINT "${constraintName('UQ', tableName, column)}" UNIQUE ("${column}")`;
      }),
    `CONSTRAINT "${constraintName('PK', tableName, 'id')}" PRIMARY KEY ("id")`,
  ];
}

/** The algorithm of TypeORM's DefaultNamingStrategy for a constraint on one column. */
function constraintName(kind: 'PK' | 'UQ', tableName: string, column: string): string {
  const hash = createHash('sha1').update(`${tableName}_${column}`).digest('hex');
  return `${kind}_${hash.slice(0, 27)}`;
}

function lastTimestamp({ files }: ExistingMigrations): number {
  const timestamps = [...files.keys()].map((path) =>
    Number(/^\d+/.exec(posix.basename(path))?.[0]),
  );
  return Math.max(0, ...timestamps.filter(Number.isSafeInteger));
}
