import {
  buildMessage,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

const LIMIT = 2n ** 63n;

/** A whole number of 64 bits, as text: a number of JavaScript would lose digits. */
export const IsInt64 = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isInt64',
      validator: {
        validate: isInt64,
        defaultMessage: buildMessage(
          (each) =>
            `${each}$property must be a whole number of up to 64 bits, as text`,
          options,
        ),
      },
    },
    options,
  );

function isInt64(value: unknown): boolean {
  if (typeof value !== 'string' || !/^(?:0|-?[1-9]\d{0,18})$/.test(value)) {
    return false;
  }
  return BigInt(value) < LIMIT && BigInt(value) >= -LIMIT;
}
