// Tenants: who they are, and which of them this code runs as.
export { TENANT_STATUSES, type Tenant, type TenantStatus } from './tenant/tenant.js';
export { MAX_SLUG_LENGTH, parseTenantSlug } from './tenant/slug.js';
export { DEFAULT_SCHEMA_PREFIX, schemaNameFor } from './tenant/schema-name.js';
export {
  bindTenant,
  currentTenant,
  runWithTenant,
  tryCurrentTenant,
  withoutPreparedStatements,
  withoutTenant,
  type RunOptions,
} from './context.js';
export { perTenant, type PerTenantOptions } from './per-tenant.js';

// Connections: one pool for all tenants of a database.
export { ConnectionManager, type ConnectionStats } from './connections/connection-manager.js';
export {
  DEFAULT_PLACEMENT,
  type ConnectionManagerOptions,
  type PlacementConfig,
  type PreparedStatementOptions,
} from './connections/options.js';
export type { Isolation, TenantLimits } from './scope/scope.js';
export type { LateStatements } from './connections/late-statements.js';
export { DEFAULT_SHARED_SCHEMA } from './scope/shared-schemas.js';
export { isRetryable } from './connections/statement-error.js';
export { TenantPool } from './connections/tenant-pool.js';
export { TenantClient } from './connections/tenant-client.js';
export { quoteIdentifier } from './sql/identifier.js';
export { TENANT_MARKER } from './sql/lexer.js';

// What happens: for logs, metrics and traces.
export {
  onDiagnostics,
  type CheckoutEvent,
  type ConnectionEvent,
  type DiagnosticEvents,
  type IsolationEvent,
  type LateStatementEvent,
  type StatementEvent,
} from './diagnostics/events.js';
export { describeError, type DescribeErrorOptions } from './diagnostics/describe-error.js';
export type { Activity, TenantActivity } from './diagnostics/tenant-activity.js';

// The registry, and the life of tenants.
export {
  TenantRegistry,
  type AllTenantsOptions,
  type ListTenantsOptions,
  type NewTenant,
  type TenantRegistryOptions,
} from './registry/tenant-registry.js';
export { DEFAULT_CONTROL_SCHEMA } from './registry/control-tables.js';
export { Tenants } from './lifecycle/tenants.js';
export type { ForEachOptions, ForEachProgress } from './lifecycle/for-each.js';
export type { ForEachReport } from './lifecycle/for-each-report.js';

// Whether they are kept apart: at start, and for as long as the process runs.
export { verifyIsolation } from './isolation/startup/verify-isolation.js';
export { missingRoleHardening } from './isolation/role-hardening.js';
export {
  IsolationMonitor,
  type IsolationMonitorOptions,
  type IsolationReport,
} from './isolation/periodic/isolation-monitor.js';

// Migrations of every tenant, with one ledger.
export { Migrator } from './migrations/migrator.js';
export type {
  AcceptOptions,
  MigrateOptions,
  MigratorOptions,
} from './migrations/migrate-options.js';
export type { AcceptedMigration } from './migrations/migration-report.js';
export type {
  MigrationProgress,
  MigrationReport,
  SharedReport,
} from './migrations/migration-report.js';
export { describeNotes, isComplete } from './migrations/migration-report.js';
export type { Migration, MigrationSession, MigrationSource } from './migrations/migration.js';
export type { PendingTenant } from './migrations/ledger.js';
export { sqlMigrations, type SqlMigrationsOptions } from './migrations/sql-migrations.js';

// What an ORM needs to be one of ours.
export type { OrmConnection, OrmStrategy } from './orm/orm-strategy.js';
export { TenantOrmConnection } from './orm/tenant-orm-connection.js';
export { parseOrmConfig, type OrmConfig, type OrmType } from './orm/orm-config.js';

export * from './errors.js';
