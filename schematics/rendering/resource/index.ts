export { DEFAULT_FIELDS, type ResourceField } from './field';
export { FIELD_TYPES } from './field-types';
export { parseFields, printField } from './grammar';
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
