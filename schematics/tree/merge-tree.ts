import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import { format } from 'prettier';
import type { FormatConfig } from '../rendering/format';
import type { RenderedFiles } from '../rendering/render';
import type { Conflict } from './merge';
import { readAllBases } from './base';
import { findMoves, moved } from './moved-files';
import { readSource } from './text-style';

/** What to do where both sides say something, and not the same. */
export const CONFLICT_STYLES = ['refuse', 'markers'] as const;
export type ConflictStyle = (typeof CONFLICT_STYLES)[number];

/** What became of each file that is generated. */
export interface MergedFiles {
  readonly created: readonly string[];
  /** As generated now; nobody had edited them. */
  readonly replaced: readonly string[];
  readonly merged: readonly string[];
  readonly deleted: readonly string[];
  /** Those that the team has deleted. */
  readonly gone: readonly string[];
  /** With markers, to be resolved. */
  readonly conflicts: readonly string[];
}

interface Planned {
  readonly path: string;
  readonly list: keyof MergedFiles;
  /** Undefined where it is deleted or left alone. */
  readonly text?: string;
}

/**
 * Merges what is generated now into the files of the team. Nothing is written where there is a conflict, in no file,
 * unless it is to be marked.
 *
 * @param base what was generated before; undefined where that is not known, and nothing is deleted then
 * @throws SchematicsException that lists every conflict
 */
export async function mergeIntoTree(
  tree: Tree,
  base: RenderedFiles | undefined,
  theirs: RenderedFiles,
  config: FormatConfig,
  style: ConflictStyle = 'refuse',
): Promise<MergedFiles> {
  // It brings a parser of TypeScript, which takes 0.2 s to load.
  const { mergeFile } = await import('./merge/index.js');
  const moves = base
    ? findMoves(tree, base, theirs, () => readAllBases(tree))
    : new Map<string, string>();
  const before = base && moved(base, moves);
  const now = moved(theirs, moves);
  const plan: Planned[] = [];
  const conflicts: [path: string, conflict: Conflict][] = [];
  for (const path of new Set([...(before?.keys() ?? []), ...now.keys()])) {
    const versions = {
      base: before?.get(path),
      yours: tree.exists(path) ? readSource(tree, path) : undefined,
      theirs: now.get(path),
    };
    const options = { ...(await config(path)), filepath: path };
    const merge = await mergeFile(path, versions, (text) => format(text, options));
    if (merge.kind === 'unchanged') continue;
    for (const conflict of merge.conflicts) conflicts.push([path, conflict]);
    const list = merge.kind === 'conflict' ? 'conflicts' : merge.kind;
    plan.push({ path, list, ...(merge.text !== undefined && { text: merge.text }) });
  }
  const cannot = plan.some(({ list, text }) => list === 'conflicts' && text === undefined);
  if (conflicts.length > 0 && (style === 'refuse' || cannot)) throw refusal(conflicts, cannot);
  return carryOut(tree, plan);
}

function carryOut(tree: Tree, plan: readonly Planned[]): MergedFiles {
  const done: Record<keyof MergedFiles, string[]> = {
    created: [],
    replaced: [],
    merged: [],
    deleted: [],
    gone: [],
    conflicts: [],
  };
  for (const { path, list, text } of plan) {
    if (list === 'deleted') tree.delete(path);
    else if (text !== undefined && tree.exists(path)) tree.overwrite(path, text);
    else if (text !== undefined) tree.create(path, text);
    done[list].push(path);
  }
  return done;
}

function refusal(
  conflicts: readonly (readonly [path: string, conflict: Conflict])[],
  /** Whether there is one for which there are no two sides to be marked. */
  cannot: boolean,
): SchematicsException {
  const count = conflicts.length === 1 ? 'One conflict' : `${conflicts.length} conflicts`;
  const places = conflicts.map(([path, conflict]) => describe(path, conflict));
  const remedy = cannot
    ? 'Not all of these can be marked: mend the files, or take your changes of them back, and run it again.'
    : 'Run it again with --conflicts=markers to have both sides written where they meet, as git does, and choose there.';
  return new SchematicsException(
    `${count}, so nothing was written.\n\n${places.join('\n')}\n\n${remedy}`,
  );
}

/** @returns the place, and what each side has there */
function describe(path: string, { line, what, yours, theirs }: Conflict): string {
  const sides =
    yours === '' && theirs === '' ? [] : [side('yours', yours), side('generated now', theirs)];
  return [`  ${path}:${line}  ${what}`, ...sides].join('\n');
}

function side(label: string, text: string): string {
  const [first = '', ...more] = text.trim().split('\n');
  if (text.trim() === '') return `    ${label}: nothing`;
  return `    ${label}: ${first.trim()}${more.length > 0 ? ' …' : ''}`;
}
