import type { MergedFiles } from './merge-tree';

/** What a team has to know of a merge. Which files were written is told by the CLI. */
export function mergeNotes({ merged, gone }: MergedFiles): string[] {
  return [
    ...merged.map((path) => `${path} has your changes and what is generated now.`),
    ...gone.map((path) => `${path} was deleted by you, and stays so.`),
  ];
}

/** What is left for the team to do. */
export function openConflicts({ conflicts }: MergedFiles): string[] {
  return conflicts.map((path) => `${path} has conflicts, marked as git marks them: resolve them.`);
}
