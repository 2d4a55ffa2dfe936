import { pluralOf, singularOf } from '../inflect';
import { nameForms, type NameForms, type ResourceNames, splitWords } from '../names';
import type { ResourceField } from './field';
import { type ColumnType, FIELD_TYPES } from './field-types';

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
