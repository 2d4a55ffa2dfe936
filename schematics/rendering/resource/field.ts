import { nameForms, splitWords } from '../names';
import type { FieldTypeName } from './field-types';

/** A field of a resource, as it was asked for: `amount:decimal(12,2):min(0)=0`. */
export interface ResourceField {
  /** camelCase, e.g. `firstName`; the column is `first_name`. */
  readonly name: string;
  readonly type: FieldTypeName;
  /** What stands in brackets behind the type. */
  readonly args: readonly string[];
  /** Whether it holds any number of values. */
  readonly array: boolean;
  /** Whether it may be null. */
  readonly optional: boolean;
  readonly unique: boolean;
  readonly index: boolean;
  /** The least value, or the least length of text. */
  readonly min?: string;
  /** The greatest value, or the greatest length of text. */
  readonly max?: string;
  /** A regular expression, without slashes. */
  readonly pattern?: string;
  /** What it is where nothing else is said: a constant, `now` or `uuid`. */
  readonly default?: string;
}

/** A field with what most have. */
export function field(
  name: string,
  type: FieldTypeName,
  more: Partial<Omit<ResourceField, 'name' | 'type'>> = {},
): ResourceField {
  return {
    name,
    type,
    args: [],
    array: false,
    optional: false,
    unique: false,
    index: false,
    ...more,
  };
}

/** What a resource has beside its id, as long as nobody asks for more. */
export const DEFAULT_FIELDS: readonly ResourceField[] = [
  field('name', 'string', { args: ['255'] }),
];

/** The column of a field: `firstName` → `first_name`. */
export function columnOf({ name }: Pick<ResourceField, 'name'>): string {
  return nameForms(splitWords(name)).snake;
}
