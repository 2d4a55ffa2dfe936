import type { ResourceNames } from '../names';
import { boundedName } from './bounded-name';
import { columnTypeOf } from './column-type';
import { columnOf, type ResourceField } from './field';

/** What a row has to satisfy. */
export interface Check {
  readonly name: string;
  /** @param column how the column is written */
  condition(column: string): string;
}

/** What limits the values of a field in the database. */
export function checkOf(names: ResourceNames, field: ResourceField): Check | undefined {
  const conditions = conditionsOf(field);
  if (conditions.length === 0) return undefined;
  return {
    name: boundedName(names.plural.snake, columnOf(field), 'check'),
    condition: (column) => conditions.map((condition) => condition(column)).join(' and '),
  };
}

function conditionsOf(field: ResourceField): ((column: string) => string)[] {
  const { values, limits } = columnTypeOf(field);
  const { min, max } = field;
  const list = values?.map((value) => `'${value.replaceAll("'", "''")}'`).join(', ');
  const limited = (column: string): string =>
    limits === 'length' ? `char_length(${column})` : column;
  return [
    ...(list === undefined
      ? []
      : [
          (column: string) =>
            field.array ? `${column} <@ array[${list}]` : `${column} in (${list})`,
        ]),
    ...(min === undefined ? [] : [(column: string) => `${limited(column)} >= ${min}`]),
    ...(max === undefined ? [] : [(column: string) => `${limited(column)} <= ${max}`]),
  ];
}
