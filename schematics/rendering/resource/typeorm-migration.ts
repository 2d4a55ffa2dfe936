import { createHash } from 'node:crypto';
import { posix } from 'node:path';
import type { ResourceNames } from '../names';
import { columnTypeOf } from './column-type';
import { checkOf } from './constraints';
import { columnOf, type ResourceField } from './field';
import { type ExistingMigrations, MARKER } from './types';

/** What the template of a migration class reads. */
export type TypeormMigrationView = {
  readonly className: string;
  readonly timestamp: string;
  readonly plural: string;
  /** Statements, as the inside of template strings. */
  readonly up: readonly string[];
  readonly down: readonly string[];
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
    up: [
      createTable(table, tableParts(names, fields)),
      ...fields.filter(({ index }) => index).map((field) => indexSql(tableName, field)),
    ].map(inTemplate),
    down: [
      ...fields
        .filter(({ index }) => index)
        .map((field) => `DROP INDEX "${MARKER}"."${indexName(tableName, field)}"`)
        .toReversed(),
      `DROP TABLE ${table}`,
    ],
  };
}

/** Indented for its place in the template: Prettier leaves the inside of a string alone. */
function createTable(table: string, parts: readonly string[]): string {
  const lines = parts.map((part) => `        ${part}`).join(',\n');
  return `\n      CREATE TABLE ${table} (\n${lines}\n      )\n    `;
}

function tableParts(names: ResourceNames, fields: readonly ResourceField[]): string[] {
  const tableName = names.plural.snake;
  return [
    '"id" integer GENERATED ALWAYS AS IDENTITY NOT NULL',
    ...fields.map(columnSql),
    ...fields
      .filter((field) => field.unique)
      .map((field) => {
        const column = columnOf(field);
        return `CONSTRAINT "${hashedName('UQ', tableName, column)}" UNIQUE ("${column}")`;
      }),
    // Decorators are applied from below.
    ...fields.toReversed().flatMap((field) => {
      const check = checkOf(names, field);
      const condition = check?.condition(`"${columnOf(field)}"`);
      return check ? [`CONSTRAINT "${check.name}" CHECK (${condition})`] : [];
    }),
    `CONSTRAINT "${hashedName('PK', tableName, 'id')}" PRIMARY KEY ("id")`,
  ];
}

function columnSql(field: ResourceField): string {
  const value = defaultSql(field);
  return [
    `"${columnOf(field)}" ${columnTypeOf(field).typeorm.sql}${field.array ? ' array' : ''}`,
    ...(field.optional ? [] : ['NOT NULL']),
    ...(value === undefined ? [] : [`DEFAULT ${value}`]),
  ].join(' ');
}

/** TypeORM writes all constants as text but booleans. */
function defaultSql(field: ResourceField): string | undefined {
  if (field.default === undefined) return undefined;
  const { expressions = {}, constant } = columnTypeOf(field);
  const expression = expressions[field.default];
  if (expression) return expression.sql;
  const value = constant?.(field.default)?.typeorm;
  return typeof value === 'boolean' ? String(value) : `'${String(value).replaceAll("'", "''")}'`;
}

function indexSql(tableName: string, field: ResourceField): string {
  return `CREATE INDEX "${indexName(tableName, field)}" ON "${MARKER}"."${tableName}" ("${columnOf(field)}")`;
}

/** What would end a template string, or be replaced in it. */
function inTemplate(sql: string): string {
  return sql.replaceAll(/[\\`]|\$\{/g, String.raw`\$&`);
}

/** The algorithm of TypeORM's DefaultNamingStrategy for a constraint on one column. */
function hashedName(kind: 'PK' | 'UQ' | 'IDX', tableName: string, column: string): string {
  const hash = createHash('sha1').update(`${tableName}_${column}`).digest('hex');
  return `${kind}_${hash.slice(0, kind === 'IDX' ? 26 : 27)}`;
}

function indexName(tableName: string, field: ResourceField): string {
  return hashedName('IDX', tableName, columnOf(field));
}

function lastTimestamp({ files }: ExistingMigrations): number {
  const timestamps = [...files.keys()].map((path) =>
    Number(/^\d+/.exec(posix.basename(path))?.[0]),
  );
  return Math.max(0, ...timestamps.filter(Number.isSafeInteger));
}
