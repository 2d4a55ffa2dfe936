import {
  buildMessage,
  isISO8601,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

/** A day that exists, without a time: `2026-01-31`. */
export const IsCalendarDate = (
  options?: ValidationOptions,
): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isCalendarDate',
      validator: {
        validate: isCalendarDate,
        defaultMessage: buildMessage(
          (each) => `${each}$property must be a day such as 2026-01-31`,
          options,
        ),
      },
    },
    options,
  );

function isCalendarDate(value: unknown): boolean {
  // PostgreSQL has no year 0.
  return (
    typeof value === 'string' &&
    /^(?!0000)\d{4}-\d{2}-\d{2}$/.test(value) &&
    isISO8601(value, { strict: true })
  );
}
