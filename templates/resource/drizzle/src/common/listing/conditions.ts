import {
  and,
  gt,
  gte,
  inArray,
  isNotNull,
  isNull,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { filtersIn } from './comparisons.js';
import type { SortKey } from './sort.js';

type Columns = Record<string, PgColumn>;

const COMPARE = { gt, gte, lt, lte };

/** What the filters of a query say of columns. */
export function matching(
  columns: Columns,
  filters: Record<string, unknown>,
): SQL[] {
  return filtersIn(filters).map(({ name, comparison, value }) => {
    const column = columnOf(columns, name);
    return comparison
      ? COMPARE[comparison](column, value)
      : inArray(column, value as unknown[]);
  });
}

/** What comes behind a row: more by one key, and the same by all before that. */
export function behind(
  columns: Columns,
  keys: readonly SortKey[],
  values: readonly unknown[],
): SQL | undefined {
  const same = ({ name }: SortKey, index: number): SQL => {
    const column = columnOf(columns, name);
    const value = values[index];
    return value === null ? isNull(column) : sql`${column} = ${value}`;
  };
  const alternatives = keys.map((key, index) =>
    and(
      ...keys.slice(0, index).map(same),
      isBehind(columnOf(columns, key.name), key, values[index]),
    ),
  );
  return and(notBefore(columns, keys[0], values[0]), or(...alternatives));
}

/** Follows from the rest; with it an index is read from there on, and not from its beginning. */
function notBefore(
  columns: Columns,
  first: SortKey | undefined,
  value: unknown,
): SQL | undefined {
  if (!first || value === null) return undefined;
  const column = columnOf(columns, first.name);
  if (first.descending) return sql`${column} <= ${value}`;
  return column.notNull ? sql`${column} >= ${value}` : undefined;
}

/** PostgreSQL has null behind all values, and before them in descending order. */
function isBehind(
  column: PgColumn,
  { descending }: SortKey,
  value: unknown,
): SQL | undefined {
  if (value === null) return descending ? isNotNull(column) : sql`false`;
  if (descending) return sql`${column} < ${value}`;
  const greater = sql`${column} > ${value}`;
  return column.notNull ? greater : or(greater, isNull(column));
}

export function columnOf(columns: Columns, name: string): PgColumn {
  const column = columns[name];
  if (!column) throw new Error(`Lists name ${name}, which is no column`);
  return column;
}
