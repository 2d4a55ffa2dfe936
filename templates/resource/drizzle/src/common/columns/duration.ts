import { customType } from 'drizzle-orm/pg-core';

/** As PostgreSQL writes it: `1 year 2 mons 3 days 04:05:06.7`. */
const WRITTEN =
  /^(?:(-?\d+) years? ?)?(?:(-?\d+) mons? ?)?(?:(-?\d+) days? ?)?(?:(-?)(\d+):(\d+):(\d+(?:\.\d+)?))?$/;

/** A duration; ISO 8601 in code and in JSON: `PT1H30M`. */
export const duration = customType<{ data: string; driverData: string }>({
  dataType: () => 'interval',
  fromDriver: toIso8601,
});

function toIso8601(written: string): string {
  const [, years, months, days, sign = '', ...clock] =
    WRITTEN.exec(written) ?? [];
  const part = (
    value: string | undefined,
    unit: string,
    before = '',
  ): string =>
    Number(value ?? 0) === 0 ? '' : `${before}${Number(value)}${unit}`;
  const date = part(years, 'Y') + part(months, 'M') + part(days, 'D');
  const time =
    part(clock[0], 'H', sign) +
    part(clock[1], 'M', sign) +
    part(clock[2], 'S', sign);
  return date + time === ''
    ? 'PT0S'
    : `P${date}${time === '' ? '' : `T${time}`}`;
}
