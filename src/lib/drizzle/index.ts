import { pgSchema } from 'drizzle-orm/pg-core';
export const tenantSchema = pgSchema('$tenant');
