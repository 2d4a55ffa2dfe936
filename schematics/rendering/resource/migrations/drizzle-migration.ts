import type { ResourceNames } from '../../names';
import { columnOf, type ResourceField } from '../field';
import { type ExistingMigrations, MARKER } from '../types';
import { alterTable } from './alter-table';
import { drizzleDialect as dialect } from './drizzle-dialect';
import { continueJournal, type DrizzleMigration } from './drizzle-journal';
import { alteredSnapshot, type TableSnapshot, tableSnapshot } from './drizzle-snapshot';
import type { FieldChange } from './field-change';

/**
 * Writes what `drizzle-kit generate` would write for a new table, without running it. The marker schema is neither in
 * the SQL nor in the snapshot: drizzle-kit looks after schemas that the barrel exports, and a tenant's schema exists
 * before its migrations run.
 */
export function drizzleMigration(
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): DrizzleMigration {
  const key = keyOf(names);
  return continueJournal(existing, (tables) =>
    key in tables
      ? undefined
      : {
          name: `create_${names.plural.snake}`,
          statements: createTable(names, fields),
          tables: { ...tables, [key]: tableSnapshot(names, fields) },
        },
  );
}

/** Writes the migration that changes fields; none where no migration has made the table. */
export function drizzleAlteration(
  names: ResourceNames,
  changes: readonly FieldChange[],
  name: string,
  existing: ExistingMigrations,
): DrizzleMigration {
  const key = keyOf(names);
  return continueJournal(existing, (tables) => {
    const table = tables[key];
    const statements = alterTable(names, changes, dialect).map((sql) => `${sql};`);
    if (!isTable(table) || statements.length === 0) return undefined;
    return {
      name,
      statements,
      tables: { ...tables, [key]: alteredSnapshot(table, names, changes) },
    };
  });
}

/** Writes the migration that drops a table; none where no migration has made it. */
export function drizzleRemoval(
  names: ResourceNames,
  existing: ExistingMigrations,
): DrizzleMigration {
  const key = keyOf(names);
  return continueJournal(existing, ({ [key]: table, ...tables }) =>
    isTable(table)
      ? {
          name: `drop_${names.plural.snake}`,
          // drizzle-kit would add CASCADE, which takes with it what the team has built on the table.
          statements: [`DROP TABLE "${MARKER}"."${names.plural.snake}";`],
          tables,
        }
      : undefined,
  );
}

/** Writes a migration for SQL of the team's own, after which the tables are as before. */
export function emptyDrizzleMigration(
  name: string,
  existing: ExistingMigrations,
): DrizzleMigration {
  const statements = [
    `-- Tables of tenants are in the schema "${MARKER}": update "${MARKER}"."invoices" set …\n`,
  ];
  return continueJournal(existing, (tables) => ({ name, statements, tables }));
}

function keyOf({ plural }: ResourceNames): string {
  return `${MARKER}.${plural.snake}`;
}

function isTable(value: unknown): value is TableSnapshot {
  return typeof value === 'object' && value !== null && 'columns' in value && 'indexes' in value;
}

function createTable(names: ResourceNames, fields: readonly ResourceField[]): string[] {
  const table = names.plural.snake;
  const lines = [
    `"id" integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "${MARKER}"."${table}_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 2147483647 START WITH 1 CACHE 1)`,
    ...fields.map((field) => dialect.column(field)),
    ...fields
      .filter(({ unique }) => unique)
      .map(
        (field) => `CONSTRAINT "${dialect.uniqueName(names, field)}" UNIQUE("${columnOf(field)}")`,
      ),
    ...fields.flatMap((field) => {
      const check = dialect.check(names, field);
      return check ? [`CONSTRAINT "${check.name}" CHECK (${check.condition})`] : [];
    }),
  ];
  return [
    `CREATE TABLE "${MARKER}"."${table}" (\n\t${lines.join(',\n\t')}\n);\n`,
    ...fields.flatMap((field) => {
      const key = dialect.foreignKey(names, field);
      return key
        ? [`ALTER TABLE "${MARKER}"."${table}" ADD CONSTRAINT "${key.name}" ${key.definition};`]
        : [];
    }),
    ...fields.filter(({ index }) => index).map((field) => indexSql(names, field)),
  ];
}

function indexSql(names: ResourceNames, field: ResourceField): string {
  const table = `"${MARKER}"."${names.plural.snake}"`;
  return `CREATE INDEX "${dialect.indexName(names, field)}" ON ${table} ${dialect.indexMethod}("${columnOf(field)}");`;
}
