import type { ResourceNames } from '../../names';
import { columnTypeOf, defaultOf } from '../column-type';
import { checkOf } from '../constraints';
import { foreignKeyName, indexName, uniqueName } from '../drizzle-column';
import { columnOf, type ResourceField } from '../field';
import { referenceOf, tableOf } from '../targets';
import { MARKER } from '../types';
import type { Dialect } from './dialect';

/** As drizzle-kit writes it. */
export const drizzleDialect: Dialect = {
  column: (field) => {
    const value = drizzleDialect.default(field);
    return [
      `"${columnOf(field)}" ${quoted(drizzleDialect.type(field))}`,
      ...(value === undefined ? [] : [`DEFAULT ${value}`]),
      ...(field.optional ? [] : ['NOT NULL']),
    ].join(' ');
  },
  type: (field) => `${columnTypeOf(field).drizzle.sql}${field.array ? '[]' : ''}`,
  default: (field) => {
    const value = defaultOf(field);
    return value?.isComputed ? value.sql : value?.drizzleSql;
  },
  uniqueName,
  indexName,
  indexMethod: 'USING btree ',
  foreignKey: (names, field) => {
    const reference = referenceOf(field);
    return (
      reference && {
        name: foreignKeyName(names, field),
        definition: `FOREIGN KEY ("${columnOf(field)}") REFERENCES "${MARKER}"."${tableOf(reference)}"("id") ON DELETE ${reference.onDelete} ON UPDATE no action`,
      }
    );
  },
  check: (names, field) => {
    const check = checkOf(names, field);
    return check && { name: check.name, condition: check.condition(qualified(names, field)) };
  },
};

/** drizzle-kit quotes what it does not know as a type of PostgreSQL. */
function quoted(type: string): string {
  return type.replace(/^bytea/, '"bytea"');
}

/** A column as Drizzle writes it in a condition. */
function qualified({ plural }: ResourceNames, field: ResourceField): string {
  return `"${MARKER}"."${plural.snake}"."${columnOf(field)}"`;
}
