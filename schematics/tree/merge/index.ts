export { followRenames } from './follow-renames';
export { mergeFile, type Layout } from './merge-file';
export type { Conflict, FileMerge, Versions } from './outcome';
