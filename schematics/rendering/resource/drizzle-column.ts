import type { ResourceNames } from '../names';
import { boundedName } from './bounded-name';
import { columnTypeOf } from './column-type';
import { checkOf } from './constraints';
import { columnOf, type ResourceField } from './field';

/** `varchar({ length: 255 }).notNull().unique()` */
export function drizzleColumn(names: ResourceNames, field: ResourceField): string {
  const { drizzle } = columnTypeOf(field, names);
  const column = columnOf(field);
  const args = [
    ...(column === field.name ? [] : [`'${column}'`]),
    ...(drizzle.args === undefined ? [] : [drizzle.args]),
  ];
  return [
    `${drizzle.builder}(${args.join(', ')})`,
    field.array ? '.array()' : '',
    drizzle.typed ?? '',
    field.optional ? '' : '.notNull()',
    drizzleDefault(field),
    field.unique ? `.unique(${uniqueArgs(names, field)})` : '',
  ].join('');
}

/** What a table has beside its columns, as lines in the array behind them. */
export function drizzleExtras(names: ResourceNames, field: ResourceField): string[] {
  const check = checkOf(names, field);
  const column = `table.${field.name}`;
  return [
    ...(field.index ? [`index('${indexName(names, field)}').on(${column})`] : []),
    ...(check ? [`check('${check.name}', sql\`${check.condition(`\${${column}}`)}\`)`] : []),
  ];
}

export function uniqueName({ plural }: ResourceNames, field: ResourceField): string {
  return boundedName(plural.snake, columnOf(field), 'unique');
}

export function indexName({ plural }: ResourceNames, field: ResourceField): string {
  return boundedName(plural.snake, columnOf(field), 'index');
}

/** A name that Drizzle would not give it. */
function uniqueArgs(names: ResourceNames, field: ResourceField): string {
  const own = `${names.plural.snake}_${columnOf(field)}_unique`;
  const name = uniqueName(names, field);
  return name === own ? '' : `'${name}'`;
}

function drizzleDefault(field: ResourceField): string {
  if (field.default === undefined) return '';
  const { expressions = {}, constant } = columnTypeOf(field);
  const expression = expressions[field.default];
  if (expression) return `.${expression.drizzle}`;
  return `.default(${constant?.(field.default)?.drizzle ?? ''})`;
}
