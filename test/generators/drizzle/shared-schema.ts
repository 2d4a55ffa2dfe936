import { sharedSchema, tenantSchema } from '@mt/runtime/drizzle';
import { char, index, integer, text, uniqueIndex } from 'drizzle-orm/pg-core';

export const areas = sharedSchema.enum('areas', ['eu', 'other']);

export const countries = sharedSchema.table(
  'countries',
  {
    code: char({ length: 2 }).primaryKey(),
    area: areas().notNull().default('eu'),
    name: text().notNull(),
  },
  (table) => [index().on(table.name), uniqueIndex('countries_area').on(table.area, table.code)],
);

export const regions = sharedSchema.table('regions', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  country: char({ length: 2 }).references(() => countries.code),
});

export const european = sharedSchema
  .view('european')
  .as((qb) => qb.select({ code: countries.code }).from(countries));

export const offices = tenantSchema.table('offices', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  area: areas().notNull().default('eu'),
  country: char({ length: 2 })
    .notNull()
    .references(() => countries.code),
});
