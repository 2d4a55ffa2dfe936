import type { ResourceNames } from '../names';
import { isTakenVariable } from '../taken-names';
import { boundedName } from './bounded-name';
import { columnTypeOf, defaultOf } from './column-type';
import { checkOf } from './constraints';
import { columnOf, type ResourceField } from './field';
import { isCircular, referenceOf, type Targets, targetOf } from './targets';

/** `varchar({ length: 255 }).notNull().unique()` */
export function drizzleColumn(
  names: ResourceNames,
  field: ResourceField,
  targets: Targets,
): string {
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
    drizzle.kept?.(tableVariable(names)) ?? '',
    field.unique ? `.unique(${uniqueArgs(names, field)})` : '',
    references(names, field, targets),
  ].join('');
}

function references(names: ResourceNames, field: ResourceField, targets: Targets): string {
  const reference = referenceOf(field);
  if (!reference || isNamedForeignKey(names, field)) return '';
  const table = tableVariable(targetOf(targets, reference.target).names);
  // A type that would be derived from itself.
  const type = isCircular(names.plural.kebab, field, targets) ? ': AnyPgColumn' : '';
  return `.references(()${type} => ${table}.id, { onDelete: '${reference.onDelete}' })`;
}

/** What a variable with a table is called: `purchaseOrders`. */
export function tableVariable({ plural }: ResourceNames): string {
  return isTakenVariable(plural.camel) ? `${plural.camel}Table` : plural.camel;
}

export function foreignKeyName({ plural }: ResourceNames, field: ResourceField): string {
  return boundedName(...foreignKeyParts(plural.snake, field));
}

/** Whether the name that Drizzle would give it is longer than those of PostgreSQL. */
export function isNamedForeignKey(names: ResourceNames, field: ResourceField): boolean {
  const own = foreignKeyParts(names.plural.snake, field).join('_');
  return referenceOf(field) !== undefined && own !== foreignKeyName(names, field);
}

function foreignKeyParts(table: string, field: ResourceField): string[] {
  const target = referenceOf(field)?.target ?? '';
  return [table, columnOf(field), target.replaceAll('-', '_'), 'id', 'fk'];
}

/** What a table has beside its columns, as lines in the array behind them. */
export function drizzleExtras(
  names: ResourceNames,
  field: ResourceField,
  targets: Targets,
): string[] {
  const check = checkOf(names, field);
  const column = `table.${field.name}`;
  return [
    ...namedForeignKey(names, field, targets),
    ...(field.index ? [`index('${indexName(names, field)}').on(${column})`] : []),
    ...(check ? [`check('${check.name}', sql\`${check.condition(`\${${column}}`)}\`)`] : []),
  ];
}

function namedForeignKey(names: ResourceNames, field: ResourceField, targets: Targets): string[] {
  const reference = referenceOf(field);
  if (!reference || !isNamedForeignKey(names, field)) return [];
  const table = tableVariable(targetOf(targets, reference.target).names);
  return [
    `foreignKey({ name: '${foreignKeyName(names, field)}', columns: [table.${field.name}], foreignColumns: [${table}.id] }).onDelete('${reference.onDelete}')`,
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
  const value = defaultOf(field);
  if (!value) return '';
  return value.isComputed ? `.${value.drizzle}` : `.default(${value.drizzle})`;
}
