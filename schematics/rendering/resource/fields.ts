import { nameForms, splitWords } from '../names';
import type { ResourceField } from './types';

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
  const column = columnOf(field);
  const name = column === field.name ? '' : `'${column}', `;
  const unique = field.unique ? '.unique()' : '';
  return `varchar(${name}{ length: ${field.length} }).notNull()${unique}`;
}

/** The argument of TypeORM's `@Column`. */
export function typeormColumn(field: ResourceField): string {
  const column = columnOf(field);
  const options = [
    ...(column === field.name ? [] : [`name: '${column}'`]),
    `length: ${field.length}`,
    ...(field.unique ? ['unique: true'] : []),
  ];
  return `{ ${options.join(', ')} }`;
}

/** Decorators of class-validator, without `@`, e.g. `MaxLength(255)`. */
export function validators(field: ResourceField): string[] {
  const shape = field.format === 'email' ? ['IsEmail()'] : ['IsString()', 'IsNotEmpty()'];
  return [...shape, `MaxLength(${field.length})`];
}

/** A literal for tests; another word gives another value. */
export function sampleLiteral(field: ResourceField, word: string): string {
  return field.format === 'email' ? `'${word.toLowerCase()}@example.com'` : `'${word}'`;
}
