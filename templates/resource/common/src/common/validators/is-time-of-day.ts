import {
  buildMessage,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?$/;

/** A time of the day, without a time zone: `08:30:00`. */
export const IsTimeOfDay = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isTimeOfDay',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && TIME.test(value),
        defaultMessage: buildMessage(
          (each) => `${each}$property must be a time such as 08:30:00`,
          options,
        ),
      },
    },
    options,
  );
