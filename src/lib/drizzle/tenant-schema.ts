import { pgSchema } from 'drizzle-orm/pg-core';
import { TENANT_MARKER } from '../sql/lexer.js';

/**
 * The schema in which tenant tables are declared. It stands for the schema of the tenant in
 * context.
 *
 * @example
 * ```ts
 * export const invoices = tenantSchema.table('invoices', {
 *   id: integer().primaryKey().generatedAlwaysAsIdentity(),
 *   name: varchar({ length: 255 }).notNull(),
 * });
 * ```
 */
export const tenantSchema = pgSchema(TENANT_MARKER);
