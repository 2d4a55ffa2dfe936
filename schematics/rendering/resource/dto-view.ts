import type { ResourceNames } from '../names';
import { columnTypeOf } from './column-type';
import type { ResourceField } from './field';
import type { Validator } from './field-types';
import { namedImport, type Source } from './local-import';
import { valueTypes } from './value-types';

type DtoFieldView = {
  /** With `@`. */
  readonly validators: readonly string[];
  /** `name!: string`, or `dueOn?: string | null` */
  readonly declaration: string;
};

/** What the DTO of a new row reads. */
export type DtoView = {
  readonly dtoFields: readonly DtoFieldView[];
  readonly dtoImports: readonly string[];
};

/** More than a form has, and few enough to be checked one by one. */
const MAX_ITEMS = 100;

export function dtoView(names: ResourceNames, fields: readonly ResourceField[]): DtoView {
  const path = `src/${names.plural.kebab}/dto/dto.ts`;
  const types = valueTypes(names, fields);
  const sources: Source[] = [
    ...fields.flatMap((field) =>
      validatorsOf(names, field).map(({ name, from = 'class-validator' }) => ({
        names: [name],
        from,
      })),
    ),
    ...propertySources(names, fields),
    ...types.map(({ type, values, path: from }) => ({ names: [`type ${type}`, values], from })),
  ];
  return {
    dtoFields: fields.map((field) => ({
      validators: validatorsOf(names, field).map((validator) => textOf(validator, field.array)),
      declaration: declarationOf(names, field),
    })),
    dtoImports: namedImport(path, sources),
  };
}

/** What the types of properties are imported from. */
export function propertySources(
  names: ResourceNames,
  fields: readonly ResourceField[],
): readonly Source[] {
  return fields.flatMap((field) => {
    const { property, propertyFrom } = columnTypeOf(field, names);
    return propertyFrom ? [{ names: [`type ${property}`], from: propertyFrom }] : [];
  });
}

interface FieldValidator extends Validator {
  /** Whether it looks at the array, and not at what is in it. */
  readonly ofWhole?: boolean;
}

function validatorsOf(names: ResourceNames, field: ResourceField): FieldValidator[] {
  const { validators } = columnTypeOf(field, names);
  return [
    ...presence(field),
    ...(field.array
      ? [
          { name: 'IsArray', ofWhole: true },
          { name: 'ArrayMaxSize', args: [String(MAX_ITEMS)], ofWhole: true },
        ]
      : []),
    ...validators,
  ];
}

function presence(field: ResourceField): FieldValidator[] {
  if (field.optional) return [{ name: 'IsOptional', ofWhole: true }];
  if (field.default === undefined) return [];
  // It may be left out; null is refused, because the column does not take it.
  return [{ name: 'ValidateIf', args: ['(_, value) => value !== undefined'], ofWhole: true }];
}

function textOf({ name, args = [], before = [], ofWhole }: FieldValidator, array: boolean): string {
  const all = array && !ofWhole ? [...args, ...before, '{ each: true }'] : args;
  return `@${name}(${all.join(', ')})`;
}

function declarationOf(names: ResourceNames, field: ResourceField): string {
  const { property } = columnTypeOf(field, names);
  const type = `${property}${field.array ? '[]' : ''}`;
  if (field.optional) return `${field.name}?: ${type} | null`;
  return `${field.name}${field.default === undefined ? '!' : '?'}: ${type}`;
}
