import type { ValueTransformer } from 'typeorm';

/** What `pg` makes of an interval. */
interface Interval {
  years?: number;
  months?: number;
  days?: number;
  hours?: number;
  minutes?: number;
  seconds?: number;
  milliseconds?: number;
}

/** A duration; ISO 8601 in code and in JSON: `PT1H30M`. */
export const duration: ValueTransformer = {
  to: (value?: string | null) => value,
  from: (value: Interval | null) => (value === null ? null : toIso8601(value)),
};

function toIso8601(interval: Interval): string {
  const { years, months, days, hours, minutes } = interval;
  const { seconds = 0, milliseconds = 0 } = interval;
  const part = (value: number | undefined, unit: string): string =>
    value ? `${value}${unit}` : '';
  const date = part(years, 'Y') + part(months, 'M') + part(days, 'D');
  const time =
    part(hours, 'H') +
    part(minutes, 'M') +
    part((seconds * 1000 + milliseconds) / 1000, 'S');
  return date + time === ''
    ? 'PT0S'
    : `P${date}${time === '' ? '' : `T${time}`}`;
}
