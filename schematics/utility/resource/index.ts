export { renderResource } from './render-resource';
export type {
  ExistingMigrations,
  RenderedResource,
  ResourceField,
  ResourceInput,
  BarrelExport,
  ResourceRegistrations,
} from './types';
