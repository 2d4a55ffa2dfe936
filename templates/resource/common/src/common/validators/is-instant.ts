import { applyDecorators } from '@nestjs/common';
import { Transform } from 'class-transformer';
import {
  buildMessage,
  isISO8601,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

const INSTANT = /^(?!0000)\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:\d{2})$/;

/** A moment with its offset, `2026-01-31T08:30:00Z`, which becomes a Date. */
export const IsInstant = (options?: ValidationOptions): PropertyDecorator =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      Array.isArray(value) ? value.map(toDate) : toDate(value),
    ),
    ValidateBy(
      {
        name: 'isInstant',
        validator: {
          validate: (value: unknown) =>
            value instanceof Date && hasYear(value.getUTCFullYear()),
          defaultMessage: buildMessage(
            (each) =>
              `${each}$property must be a moment such as 2026-01-31T08:30:00Z`,
            options,
          ),
        },
      },
      options,
    ),
  );

/** Of four digits, in UTC too; not so of what is no date. */
function hasYear(year: number): boolean {
  return year >= 1 && year <= 9999;
}

/** Date's own parser would take much else, and days that do not exist. */
function toDate(value: unknown): unknown {
  return typeof value === 'string' &&
    INSTANT.test(value) &&
    isISO8601(value, { strict: true, strictSeparator: true })
    ? new Date(value)
    : value;
}
