import {
  And,
  Equal,
  FindOperator,
  type FindOptionsWhere,
  In,
  IsNull,
  LessThan,
  LessThanOrEqual,
  MoreThan,
  MoreThanOrEqual,
  Not,
  Or,
} from 'typeorm';
import { filtersIn } from './comparisons.js';
import type { SortKey } from './sort.js';

/** What has to be true of a column. */
type Condition = [name: string, operator: FindOperator<unknown>];

/** What the entity says of one. */
interface Column {
  propertyName: string;
  isNullable: boolean;
}

const COMPARE = {
  gt: MoreThan,
  gte: MoreThanOrEqual,
  lt: LessThan,
  lte: LessThanOrEqual,
};

/** What the filters of a query say of columns. */
export function matching(
  columns: readonly Column[],
  filters: Record<string, unknown>,
): Condition[] {
  return filtersIn(filters).map(({ name, comparison, value }) => [
    columnOf(columns, name).propertyName,
    comparison ? COMPARE[comparison](value) : In(value as unknown[]),
  ]);
}

/** What comes behind a row, as alternatives: more by one key, and the same by all before that. */
export function behind(
  columns: readonly Column[],
  keys: readonly SortKey[],
  values: readonly unknown[],
): Condition[][] {
  const same = ({ name }: SortKey, index: number): Condition => {
    const value = values[index];
    return [name, value === null ? IsNull() : Equal(value)];
  };
  return keys.flatMap((key, index) => {
    const more = isBehind(columnOf(columns, key.name), key, values[index]);
    return more ? [[...keys.slice(0, index).map(same), [key.name, more]]] : [];
  });
}

/** Follows from what comes behind; with it an index is read from there on, and not from its beginning. */
export function notBefore(
  columns: readonly Column[],
  [first]: readonly SortKey[],
  [value]: readonly unknown[],
): Condition[] {
  if (!first || value === null) return [];
  const { name, descending } = first;
  if (descending) return [[name, LessThanOrEqual(value)]];
  return columnOf(columns, name).isNullable
    ? []
    : [[name, MoreThanOrEqual(value)]];
}

/** PostgreSQL has null behind all values, and before them in descending order; nothing is behind the last. */
function isBehind(
  { isNullable }: Column,
  { descending }: SortKey,
  value: unknown,
): FindOperator<unknown> | undefined {
  if (value === null) return descending ? Not(IsNull()) : undefined;
  if (descending) return LessThan(value);
  return isNullable ? Or(MoreThan(value), IsNull()) : MoreThan(value);
}

/** All of it at once, also where several are of one column. */
export function whereOf<Row>(
  scope: FindOptionsWhere<Row>,
  conditions: readonly Condition[],
): FindOptionsWhere<Row> {
  const where: Record<string, unknown> = { ...scope };
  for (const [name, operator] of conditions) {
    // A scope that is undefined stays, and is refused by TypeORM.
    if (!Object.hasOwn(where, name)) where[name] = operator;
    else if (where[name] !== undefined) {
      where[name] = And(operatorOf(where[name]), operator);
    }
  }
  return where as FindOptionsWhere<Row>;
}

function operatorOf(value: unknown): FindOperator<unknown> {
  return value instanceof FindOperator ? value : Equal(value);
}

function columnOf(columns: readonly Column[], name: string): Column {
  const column = columns.find(({ propertyName }) => propertyName === name);
  if (!column) throw new Error(`Lists name ${name}, which is no column`);
  return column;
}
