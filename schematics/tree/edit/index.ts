export { addBarrelExport } from './barrel';
export { editFile } from './edit-file';
export { addModuleImport } from './module-imports';
export { removeBarrelExport } from './remove-barrel-export';
export { removeModuleImport } from './remove-module-import';
export type { EditResult } from './source';
