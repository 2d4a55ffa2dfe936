import type { ResourceNames } from '../names';
import { columnTypeOf, defaultOf, keptOf } from './column-type';
import { checkOf } from './constraints';
import { columnOf, type ResourceField } from './field';
import { referenceOf, relationOf, type Targets, targetOf } from './targets';

/** What TypeORM takes from the type of the property. */
const DERIVED = new Set(['varchar', 'integer', 'boolean']);

/** `@Column({ length: 255, unique: true })`, and what stands above it. */
function typeormDecorators(field: ResourceField): string[] {
  const { typeorm } = columnTypeOf(field);
  const column = columnOf(field);
  // A property that may be null or many has no type at run time.
  const isDerived = DERIVED.has(typeorm.type) && !field.optional && !field.array;
  const { decorator = 'Column' } = typeorm;
  const options = [
    ...(column === field.name ? [] : [`name: '${column}'`]),
    ...(isDerived ? [] : [`type: '${typeorm.type}'`]),
    ...(typeorm.options ?? []),
    ...(field.array ? ['array: true'] : []),
    // A decorator of its own says that by itself.
    ...(field.optional && decorator === 'Column' ? ['nullable: true'] : []),
    ...(field.unique ? ['unique: true'] : []),
    ...typeormDefault(field),
    ...(typeorm.transformer ? [`transformer: ${typeorm.transformer.name}`] : []),
  ];
  return [
    ...(field.index ? ['@Index()'] : []),
    options.length === 0 ? `@${decorator}()` : `@${decorator}({ ${options.join(', ')} })`,
  ];
}

/** A property of an entity. */
export type EntityMember = {
  /** With `@`. */
  readonly decorators: readonly string[];
  readonly declaration: string;
};

/** The column of a field, and before it the row that it refers to. */
export function entityMembers(
  names: ResourceNames,
  field: ResourceField,
  targets: Targets,
): EntityMember[] {
  const { property } = columnTypeOf(field, names);
  const type = `${property}${field.array ? '[]' : ''}${field.optional ? ' | null' : ''}`;
  const column = { decorators: typeormDecorators(field), declaration: `${field.name}!: ${type}` };
  const reference = referenceOf(field);
  if (!reference) return [column];
  const { pascal } = targetOf(targets, reference.target).names.singular;
  const relation = {
    decorators: [
      `@ManyToOne(() => ${pascal}, { onDelete: '${reference.onDelete.toUpperCase()}' })`,
      `@JoinColumn({ name: '${columnOf(field)}' })`,
    ],
    declaration: `${relationOf(field)}?: Relation<${pascal}>${field.optional ? ' | null' : ''}`,
  };
  return [relation, column];
}

/** What stands above the class. */
export function typeormChecks(names: ResourceNames, field: ResourceField): string[] {
  const check = checkOf(names, field);
  return check ? [`@Check('${check.name}', \`${check.condition(`"${columnOf(field)}"`)}\`)`] : [];
}

function typeormDefault(field: ResourceField): string[] {
  const value = defaultOf(field);
  if (!value) return [];
  // What is kept has it from its decorator.
  if (value.isComputed && keptOf(field)) return [];
  if (value.isComputed) return [`default: () => '${value.sql}'`];
  // TypeORM puts text between quotes as it is.
  const isQuoted = typeof value.typeorm === 'string' && value.typeorm.includes("'");
  return [
    isQuoted
      ? `default: () => ${JSON.stringify(value.drizzleSql)}`
      : `default: ${JSON.stringify(value.typeorm)}`,
  ];
}
