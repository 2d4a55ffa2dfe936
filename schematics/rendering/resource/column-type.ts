import { pluralOf, singularOf } from '../inflect';
import { nameForms, type NameForms, type ResourceNames, splitWords } from '../names';
import type { ResourceField } from './field';
import {
  type ColumnType,
  type Constant,
  type DefaultExpression,
  FIELD_TYPES,
  type Kept,
} from './field-types';

/** What the type of a field means to each part of what is generated. */
export function columnTypeOf(field: ResourceField, names?: ResourceNames): ColumnType {
  const { type, args, min, max } = field;
  const { value, values } = typeNames(field, names);
  return FIELD_TYPES[type].column(args, {
    typeName: value.pascal,
    valuesName: values.constant,
    min,
    max,
  });
}

/** How the application keeps a field by itself; undefined for what clients send. */
export function keptOf({ type }: Pick<ResourceField, 'type'>): Kept | undefined {
  return FIELD_TYPES[type].kept;
}

/** The fields that clients send. */
export function sentFields(fields: readonly ResourceField[]): readonly ResourceField[] {
  return fields.filter((field) => !keptOf(field));
}

/** What a field is where it is left out: computed by the database, or a constant; undefined without a default. */
export function defaultOf(
  field: ResourceField,
):
  | (DefaultExpression & { readonly isComputed: true })
  | (Constant & { readonly isComputed: false })
  | undefined {
  if (field.default === undefined) return undefined;
  const { expressions = {}, constant } = columnTypeOf(field);
  // Any word can be a constant, also one that every object has.
  const computed = Object.hasOwn(expressions, field.default) && expressions[field.default];
  if (computed) return { ...computed, isComputed: true };
  const found = constant?.(field.default);
  return found && { ...found, isComputed: false };
}

/** What the values of a field are called, where its type is one of the application: `InvoiceStatus`. */
export function typeNames(
  { name }: ResourceField,
  names?: ResourceNames,
): { readonly value: NameForms; readonly values: NameForms } {
  const words = splitWords(name);
  const last = words.at(-1) ?? '';
  const before = [...(names ? names.singular.kebab.split('-') : []), ...words.slice(0, -1)];
  return {
    value: nameForms([...before, singularOf(last)]),
    values: nameForms([...before, pluralOf(singularOf(last))]),
  };
}
