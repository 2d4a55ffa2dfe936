import { nameForms, splitWords } from '../names';
import { fieldTypeOf, type ResourceField } from './field-types';

/** What a resource has beside its id, as long as nobody asks for more. */
export const DEFAULT_FIELDS: readonly ResourceField[] = [
  { name: 'name', type: 'varchar', length: 255, unique: false },
];

/** The column of a field: `firstName` → `first_name`. */
export function columnOf(field: ResourceField): string {
  return nameForms(splitWords(field.name)).snake;
}

/** `varchar({ length: 255 }).notNull().unique()` */
export function drizzleColumn(field: ResourceField): string {
  const { drizzle } = fieldTypeOf(field);
  const column = columnOf(field);
  const args = [...(column === field.name ? [] : [`'${column}'`]), ...drizzle.args(field)];
  const unique = field.unique ? '.unique()' : '';
  return `${drizzle.builder}(${args.join(', ')}).notNull()${unique}`;
}

/** The argument of TypeORM's `@Column`. */
export function typeormColumn(field: ResourceField): string {
  const column = columnOf(field);
  const options = [
    ...(column === field.name ? [] : [`name: '${column}'`]),
    ...fieldTypeOf(field).typeorm.options(field),
    ...(field.unique ? ['unique: true'] : []),
  ];
  return `{ ${options.join(', ')} }`;
}
