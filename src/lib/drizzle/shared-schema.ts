import { pgSchema } from 'drizzle-orm/pg-core';
import { DEFAULT_SHARED_SCHEMA } from '../scope/shared-schemas.js';

/**
 * The schema in which tables of all tenants are declared: every tenant reads them, and code in
 * `withoutTenant(…)` writes them. It is named in `sharedSchemas` of the connection manager; another
 * one is a `pgSchema('…')` that is named there.
 *
 * @example
 * ```ts
 * export const countries = sharedSchema.table('countries', {
 *   code: char({ length: 2 }).primaryKey(),
 *   name: varchar({ length: 255 }).notNull(),
 * });
 * ```
 */
export const sharedSchema = pgSchema(DEFAULT_SHARED_SCHEMA);
