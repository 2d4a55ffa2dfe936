import { applyDecorators, type Type } from '@nestjs/common';
import { plainToInstance, Transform } from 'class-transformer';
import {
  ValidateBy,
  type ValidationArguments,
  validateSync,
} from 'class-validator';

/** How many values a filter takes. */
export const MOST_VALUES = 100;

/** The other properties are not there, and not looked at. */
const RULES = { skipMissingProperties: true, stopAtFirstError: true };

/** How a value is read from a query, where everything is text. */
export type Reader<Value = string | number | boolean | Date> =
  Value extends number
    ? NumberConstructor
    : Value extends boolean
      ? BooleanConstructor
      : Value extends Date
        ? DateConstructor
        : StringConstructor;

/**
 * Holds what a query gives to the rules that a DTO has for one of its properties.
 *
 * @param list whether it may be there several times
 */
export function HeldTo(
  dto: Type<object>,
  name: string,
  reader: Reader,
  { list = false } = {},
): PropertyDecorator {
  const read = (text: unknown): unknown =>
    Reflect.get(plainToInstance(dto, { [name]: parse(reader, text) }), name);
  const problemOf = (value: unknown): string | undefined =>
    validateSync(Object.assign(new dto(), { [name]: value }), RULES)
      .filter(({ property }) => property === name)
      .flatMap(({ constraints = {} }) => Object.values(constraints))[0];
  const firstProblem = (values: unknown): string | undefined =>
    (list && Array.isArray(values) ? values : [values])
      .map(problemOf)
      .find((problem) => problem !== undefined);

  return applyDecorators(
    Transform(({ value }: { value: unknown }) => {
      if (!list) return read(value);
      // More are refused, and need not be read for that.
      return [value]
        .flat()
        .slice(0, MOST_VALUES + 1)
        .map(read);
    }),
    ValidateBy({
      name: 'heldTo',
      validator: {
        validate: (value: unknown) => firstProblem(value) === undefined,
        defaultMessage: (args?: ValidationArguments) =>
          firstProblem(args?.value) ?? '',
      },
    }),
  );
}

/** What does not read as the type is left as it is, for the rules to refuse. */
function parse(reader: Reader, text: unknown): unknown {
  if (
    reader === Number &&
    /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?$/i.test(String(text))
  ) {
    return Number(text);
  }
  if (reader === Boolean && (text === 'true' || text === 'false')) {
    return text === 'true';
  }
  return text;
}
