export { renderResource } from './render-resource';
export type {
  ExistingMigrations,
  RenderedResource,
  ResourceField,
  ResourceInput,
  ResourceRegistrations,
} from './types';
