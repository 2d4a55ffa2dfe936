export { FIELD_TYPES, type ResourceField } from './field-types';
export { DEFAULT_FIELDS } from './fields';
export { renderResource } from './render-resource';
export { DEFAULT_MIGRATIONS, DRIZZLE_PREFIXES } from './types';
export type {
  DrizzlePrefix,
  MigrationPlace,
  ExistingMigrations,
  RenderedResource,
  ResourceInput,
  BarrelExport,
  ResourceRegistrations,
} from './types';
