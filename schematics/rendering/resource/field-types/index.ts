import type { FieldType } from './field-type';
import { varchar } from './varchar';

/** Every type of field. Another one is a file of its own, and a row here. */
export const FIELD_TYPES = { varchar };

type FieldTypes = typeof FIELD_TYPES;

/** A column, its property and its validation. */
export type ResourceField = {
  [Name in keyof FieldTypes]: FieldTypes[Name] extends FieldType<infer Field> ? Field : never;
}[keyof FieldTypes];

export function fieldTypeOf(field: ResourceField): FieldType<ResourceField> {
  return FIELD_TYPES[field.type];
}
