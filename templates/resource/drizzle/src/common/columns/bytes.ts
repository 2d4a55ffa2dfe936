import { customType } from 'drizzle-orm/pg-core';

/** Bytes; base64 in code and in JSON. */
export const bytes = customType<{ data: string; driverData: Buffer }>({
  dataType: () => 'bytea',
  toDriver: (value) => Buffer.from(value, 'base64'),
  fromDriver: (value) => value.toString('base64'),
});
