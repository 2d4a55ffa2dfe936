export { sharedSchema } from './shared-schema.js';
export { tenantSchema } from './tenant-schema.js';
export { createTenantDatabase, type TenantDatabaseOptions } from './tenant-database.js';
export { DrizzleConnection } from './drizzle-connection.js';
