export { keptOf, sentFields } from './column-type';
export { columnOf, DEFAULT_FIELDS, type ResourceField } from './field';
export { FIELD_TYPES } from './field-types';
export { type FieldScope, grammarError, parseFields, printField } from './grammar';
export type { FieldChange } from './migrations/field-change';
export {
  renderAlteration,
  renderEmptyMigration,
  type RenderedMigration,
  renderRemoval,
} from './migrations/render-migration';
export { isOfSomeTypes, renderResource } from './render-resource';
export type { Target, Targets } from './targets';
export { isWidened } from './widening';
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
