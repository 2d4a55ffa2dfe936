import { customType } from 'drizzle-orm/pg-core';

/** A bigint; text in code and in JSON, because a number of JavaScript would lose digits. */
export const int64 = customType<{ data: string; driverData: string }>({
  dataType: () => 'bigint',
});
