import {
  buildMessage,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

const DURATION =
  /^P(?!$)(?:\d{1,6}Y)?(?:\d{1,6}M)?(?:\d{1,6}D)?(?:T(?!$)(?:\d{1,6}H)?(?:\d{1,6}M)?(?:\d{1,6}(?:\.\d{1,6})?S)?)?$/;

/** A duration of ISO 8601: `PT1H30M`. */
export const IsDuration = (options?: ValidationOptions): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isDuration',
      validator: {
        validate: (value: unknown) =>
          typeof value === 'string' && DURATION.test(value),
        defaultMessage: buildMessage(
          (each) => `${each}$property must be a duration such as PT1H30M`,
          options,
        ),
      },
    },
    options,
  );
