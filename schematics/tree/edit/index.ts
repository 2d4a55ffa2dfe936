export { addBarrelExport } from './barrel';
export { editFile } from './edit-file';
export { addModuleImport } from './module-imports';
export type { EditResult } from './source';
