import { IN_ORDER, plainType, textConstant } from './field-type';

const DAY = /^(?!0000)\d{4}-\d{2}-\d{2}$/;
const TIME = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d$/;

export const date = plainType('date', 'a day, such as 2026-01-31', {
  property: 'string',
  drizzle: { builder: 'date', sql: 'date' },
  typeorm: { type: 'date', sql: 'date' },
  validators: [{ name: 'IsCalendarDate', from: 'src/common/validators/is-calendar-date.ts' }],
  examples: ['"2026-01-01"', '"2026-01-02"', '"2026-01-03"'],
  refused: ['"2026-02-30"', '"2026-01-01T00:00:00Z"', '1'],
  listed: IN_ORDER,
  expressions: { now: { drizzle: 'defaultNow()', sql: 'now()' } },
  constant: (text) => (DAY.test(text) && isDay(text) ? textConstant(text) : undefined),
});

export const time = plainType('time', 'a time of the day, such as 08:30:00', {
  property: 'string',
  drizzle: { builder: 'time', sql: 'time' },
  typeorm: { type: 'time', sql: 'TIME' },
  validators: [{ name: 'IsTimeOfDay', from: 'src/common/validators/is-time-of-day.ts' }],
  examples: ['"08:00:01"', '"08:00:02"', '"08:00:03"'],
  refused: ['"24:00:00"', '"08:60:00"', '1'],
  listed: IN_ORDER,
  constant: (text) => (TIME.test(text) ? textConstant(text) : undefined),
});

export const timestamptz = plainType(
  'timestamptz',
  'a moment, to the millisecond; a Date in code, and ISO 8601 with its offset in JSON',
  {
    property: 'Date',
    drizzle: {
      builder: 'timestamp',
      // A Date has milliseconds: more would be lost where a row is read, and not be found again.
      args: '{ withTimezone: true, precision: 3 }',
      sql: 'timestamp (3) with time zone',
    },
    typeorm: {
      type: 'timestamptz',
      options: ['precision: 3'],
      sql: 'TIMESTAMP(3) WITH TIME ZONE',
    },
    validators: [{ name: 'IsInstant', from: 'src/common/validators/is-instant.ts' }],
    examples: [
      '"2026-01-01T08:00:00.000Z"',
      '"2026-01-02T08:00:00.000Z"',
      '"2026-01-03T08:00:00.000Z"',
    ],
    inCode: (literal) => `new Date(${literal})`,
    refused: ['"2026-01-01"', '"2026-02-30T08:00:00Z"', '1'],
    listed: IN_ORDER,
    expressions: { now: { drizzle: 'defaultNow()', sql: 'now()' } },
  },
);

export const interval = plainType(
  'interval',
  'a duration; ISO 8601 in code and in JSON, such as PT1H30M',
  {
    property: 'string',
    drizzle: { builder: 'duration', from: 'src/common/columns/duration.ts', sql: 'interval' },
    typeorm: {
      type: 'interval',
      transformer: { name: 'duration', from: 'src/common/columns/duration.ts' },
      sql: 'interval',
    },
    validators: [{ name: 'IsDuration', from: 'src/common/validators/is-duration.ts' }],
    examples: ['"PT1H"', '"P1DT2H"', '"PT1H30M"'],
    refused: ['"1 hour"', '"P"', '1'],
  },
);

function isDay(text: string): boolean {
  const moment = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(text);
}
