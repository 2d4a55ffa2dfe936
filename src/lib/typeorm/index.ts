export { entitiesOf } from './entities-of.js';
export { SharedEntity } from './shared-entity.js';
export { TenantEntity } from './tenant-entity.js';
export { TenantViewEntity } from './tenant-view-entity.js';
export {
  createTenantDataSource,
  TenantDataSource,
  tenantDataSourceOptions,
  type TenantDataSourceOptions,
} from './tenant-data-source.js';
export { TypeOrmConnection } from './typeorm-connection.js';
export { typeormMigrations, type MigrationClass } from './typeorm-migrations.js';
export {
  diffTenantSchema,
  type DiffTenantSchemaOptions,
  type TenantSchemaDiff,
} from './generator/diff-tenant-schema.js';
