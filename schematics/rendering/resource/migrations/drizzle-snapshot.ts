import type { ResourceNames } from '../../names';
import { foreignKeyName, indexName, uniqueName } from '../drizzle-column';
import { columnOf, type ResourceField } from '../field';
import { referenceOf, tableOf } from '../targets';
import { MARKER } from '../types';
import { drizzleDialect } from './drizzle-dialect';
import type { FieldChange } from './field-change';

/** What is changed here of a table that drizzle-kit keeps; the rest is passed on as it is. */
export interface TableSnapshot {
  readonly columns: Readonly<Record<string, Named>>;
  readonly indexes: Readonly<Record<string, Named>>;
  readonly foreignKeys: Readonly<Record<string, Named>>;
  readonly uniqueConstraints: Readonly<Record<string, Named>>;
  readonly checkConstraints: Readonly<Record<string, Named>>;
  readonly [key: string]: unknown;
}

/** A new table, as drizzle-kit keeps it. */
export function tableSnapshot(
  names: ResourceNames,
  fields: readonly ResourceField[],
): TableSnapshot {
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
    foreignKeys: byName(fields.flatMap((field) => foreignKeySnapshot(names, field))),
    compositePrimaryKeys: {},
    uniqueConstraints: byName(
      fields.filter(({ unique }) => unique).map((field) => uniqueSnapshot(names, field)),
    ),
    policies: {},
    checkConstraints: byName(fields.flatMap((field) => checkSnapshot(names, field))),
    isRLSEnabled: false,
  };
}

function columnSnapshot(field: ResourceField): Named {
  const value = defaultSnapshot(field);
  return {
    name: columnOf(field),
    type: drizzleDialect.type(field),
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

function uniqueSnapshot(names: ResourceNames, field: ResourceField): Named {
  return {
    name: uniqueName(names, field),
    nullsNotDistinct: false,
    columns: [columnOf(field)],
  };
}

function foreignKeySnapshot(names: ResourceNames, field: ResourceField): Named[] {
  const reference = referenceOf(field);
  if (!reference) return [];
  return [
    {
      name: foreignKeyName(names, field),
      tableFrom: names.plural.snake,
      tableTo: tableOf(reference),
      schemaTo: MARKER,
      columnsFrom: [columnOf(field)],
      columnsTo: ['id'],
      onDelete: reference.onDelete,
      onUpdate: 'no action',
    },
  ];
}

function checkSnapshot(names: ResourceNames, field: ResourceField): Named[] {
  const check = drizzleDialect.check(names, field);
  return check ? [{ name: check.name, value: check.condition }] : [];
}

interface Named {
  readonly name: string;
  readonly [key: string]: unknown;
}

function byName(items: readonly Named[]): Record<string, Named> {
  return Object.fromEntries(items.map((item) => [item.name, item]));
}

/** A number or a boolean as itself, and all else as SQL. */
function defaultSnapshot(field: ResourceField): unknown {
  const sql = drizzleDialect.default(field);
  return sql !== undefined && /^(?:-?[\d.]+|true|false)$/.test(sql) ? JSON.parse(sql) : sql;
}

/** A table as drizzle-kit keeps it, after a change of fields; with what the team has added to it. */
export function alteredSnapshot(
  table: TableSnapshot,
  names: ResourceNames,
  changes: readonly FieldChange[],
): TableSnapshot {
  return changes.reduce((before, change) => alterOne(before, names, change), table);
}

function alterOne(
  table: TableSnapshot,
  names: ResourceNames,
  { before, after }: FieldChange,
): TableSnapshot {
  const followed = before ? withoutColumn(table, before, after) : table;
  const gone = before
    ? [
        indexName(names, before),
        uniqueName(names, before),
        ...foreignKeySnapshot(names, before).map(({ name }) => name),
        ...checkSnapshot(names, before).map(({ name }) => name),
      ]
    : [];
  return {
    ...followed,
    columns: after
      ? { ...followed.columns, [columnOf(after)]: columnSnapshot(after) }
      : followed.columns,
    indexes: {
      ...without(followed.indexes, gone),
      ...byName(after?.index ? [indexSnapshot(names, after)] : []),
    },
    foreignKeys: {
      ...without(followed.foreignKeys, gone),
      ...byName(after ? foreignKeySnapshot(names, after) : []),
    },
    uniqueConstraints: {
      ...without(followed.uniqueConstraints, gone),
      ...byName(after?.unique ? [uniqueSnapshot(names, after)] : []),
    },
    checkConstraints: {
      ...without(followed.checkConstraints, gone),
      ...byName(after ? checkSnapshot(names, after) : []),
    },
  };
}

function without(
  parts: Readonly<Record<string, Named>>,
  gone: readonly string[],
): Record<string, Named> {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !gone.includes(name)));
}

/** The table after a column was renamed or dropped, with what the team has made of the column. */
function withoutColumn(
  table: TableSnapshot,
  before: ResourceField,
  after: ResourceField | undefined,
): TableSnapshot {
  const from = columnOf(before);
  if (after) return renamedColumn(table, from, columnOf(after));
  // PostgreSQL drops with a column what it is part of.
  const kept = (parts: Readonly<Record<string, Named>>): Record<string, Named> =>
    Object.fromEntries(Object.entries(parts).filter(([, part]) => !columnsIn(part).includes(from)));
  return {
    ...table,
    columns: without(table.columns, [from]),
    indexes: kept(table.indexes),
    foreignKeys: kept(table.foreignKeys),
    uniqueConstraints: kept(table.uniqueConstraints),
  };
}

function renamedColumn(table: TableSnapshot, from: string, to: string): TableSnapshot {
  if (from === to) return table;
  const columns = Object.entries(table.columns).map(([name, column]): [string, Named] =>
    name === from ? [to, { ...column, name: to }] : [name, column],
  );
  const follow = (parts: Readonly<Record<string, Named>>): Record<string, Named> =>
    Object.fromEntries(
      Object.entries(parts).map(([name, part]) => [name, renamedIn(part, from, to)]),
    );
  return {
    ...table,
    columns: Object.fromEntries(columns),
    indexes: follow(table.indexes),
    foreignKeys: follow(table.foreignKeys),
    uniqueConstraints: follow(table.uniqueConstraints),
  };
}

/** Where an index or a constraint says which columns it is of. */
const OF_COLUMNS = ['columns', 'columnsFrom'];

function columnsIn(part: Named): unknown[] {
  return OF_COLUMNS.flatMap((key) => part[key] ?? []).map((column) =>
    isExpression(column) ? column.expression : column,
  );
}

function renamedIn(part: Named, from: string, to: string): Named {
  const named = (value: unknown): unknown => (value === from ? to : value);
  const renamed = OF_COLUMNS.flatMap((key): [string, unknown][] => {
    const columns = part[key];
    if (!Array.isArray(columns)) return [];
    const after = columns.map((column: unknown) =>
      isExpression(column) ? { ...column, expression: named(column.expression) } : named(column),
    );
    return [[key, after]];
  });
  return { ...part, ...Object.fromEntries(renamed) };
}

/** A column of an index. */
function isExpression(column: unknown): column is { readonly expression: unknown } {
  return typeof column === 'object' && column !== null && 'expression' in column;
}
