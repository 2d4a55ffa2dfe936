import { createHash } from 'node:crypto';
import { columnTypeOf, defaultOf } from '../column-type';
import { checkOf } from '../constraints';
import { columnOf } from '../field';
import { referenceOf, tableOf } from '../targets';
import { MARKER } from '../types';
import type { Dialect } from './dialect';

/** As TypeORM writes it: constraints carry the names of its default naming strategy. */
export const typeormDialect: Dialect = {
  column: (field) => {
    const value = typeormDialect.default(field);
    return [
      `"${columnOf(field)}" ${typeormDialect.type(field)}`,
      ...(field.optional ? [] : ['NOT NULL']),
      ...(value === undefined ? [] : [`DEFAULT ${value}`]),
    ].join(' ');
  },
  type: (field) => `${columnTypeOf(field).typeorm.sql}${field.array ? ' array' : ''}`,
  default: (field) => {
    const value = defaultOf(field);
    if (!value) return undefined;
    if (value.isComputed) return value.sql;
    // All constants are text, but booleans.
    return typeof value.typeorm === 'boolean'
      ? String(value.typeorm)
      : `'${String(value.typeorm).replaceAll("'", "''")}'`;
  },
  uniqueName: ({ plural }, field) => hashedName('UQ', plural.snake, columnOf(field)),
  indexName: ({ plural }, field) => hashedName('IDX', plural.snake, columnOf(field)),
  indexMethod: '',
  foreignKey: ({ plural }, field) => {
    const reference = referenceOf(field);
    return (
      reference && {
        name: hashedName('FK', plural.snake, columnOf(field)),
        definition: `FOREIGN KEY ("${columnOf(field)}") REFERENCES "${MARKER}"."${tableOf(reference)}"("id") ON DELETE ${reference.onDelete.toUpperCase()} ON UPDATE NO ACTION`,
      }
    );
  },
  check: (names, field) => {
    const check = checkOf(names, field);
    return check && { name: check.name, condition: check.condition(`"${columnOf(field)}"`) };
  },
};

/** The algorithm of TypeORM's DefaultNamingStrategy for what is made of one column. */
export function hashedName(
  kind: 'PK' | 'UQ' | 'FK' | 'IDX',
  tableName: string,
  column: string,
): string {
  const hash = createHash('sha1').update(`${tableName}_${column}`).digest('hex');
  return `${kind}_${hash.slice(0, kind === 'IDX' ? 26 : 27)}`;
}
