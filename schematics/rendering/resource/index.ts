export { renderResource } from './render-resource';
export { DRIZZLE_PREFIXES } from './types';
export type {
  DrizzlePrefix,
  MigrationPlace,
  ExistingMigrations,
  RenderedResource,
  ResourceField,
  ResourceInput,
  BarrelExport,
  ResourceRegistrations,
} from './types';
