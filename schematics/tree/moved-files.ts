import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import { importPath } from '../rendering/imports';
import type { RenderedFiles } from '../rendering/render';
import { plainText } from './text-style';

/** Where the team has moved files to that were generated: from → to. */
export type Moves = ReadonlyMap<string, string>;

/** How much of a file has to be the same for it to be the one that is missing: what git takes. */
const ALIKE = 0.75;

/** Where an application has its code. */
const FOLDERS = ['src', 'test'];

/**
 * Finds the files that were generated and are no longer where that was: each is a file that was not generated, says
 * mostly the same, and is the only one that does. Files that nobody finds were deleted. What is new goes where the
 * others of its folder went.
 *
 * Files of two resources say mostly the same. So a file that was generated as another's is not looked at, nor one that
 * is more, or as much, like another's that is missing as well.
 *
 * @param generated reads everything that was generated, as this and as other resources
 */
export function findMoves(
  tree: Tree,
  base: RenderedFiles,
  theirs: RenderedFiles,
  generated: () => RenderedFiles,
): Moves {
  const isMissing = ([path]: readonly [string, string]): boolean => !tree.exists(path);
  const missing = [...base].filter(isMissing);
  const moves = new Map<string, string>();
  if (missing.length === 0) return moves;
  const all = new Map([...generated(), ...base]);
  const others = filesIn(tree).filter((path) => !all.has(path) && !theirs.has(path));
  const sources = [...all]
    .filter(isMissing)
    .map(([path, text]) => ({ path, lines: linesOf(text) }));
  const candidates = others.map((path) => ({
    path,
    source: sourceOf(path, linesOf(tree.read(path)?.toString() ?? ''), sources),
  }));
  for (const [from] of missing) {
    const [found, ...more] = candidates.filter(({ source }) => source === from);
    if (found && more.length === 0) moves.set(from, found.path);
  }
  const isNew = (path: string) => !base.has(path) && !tree.exists(path);
  const stayed = new Set(
    [...base.keys()].filter((path) => tree.exists(path)).map((path) => posix.dirname(path)),
  );
  for (const path of [...theirs.keys()].filter(isNew)) {
    const folder = posix.dirname(path);
    const to = stayed.has(folder) ? undefined : newFolderOf(folder, moves);
    if (to !== undefined) moves.set(path, `${to}/${posix.basename(path)}`);
  }
  return moves;
}

interface Lines {
  readonly path: string;
  readonly lines: readonly string[];
}

/** The one that a file is most like, and enough; undefined where two are. */
function sourceOf(
  path: string,
  lines: readonly string[],
  sources: readonly Lines[],
): string | undefined {
  const [first, second] = sources
    .filter((source) => posix.extname(source.path) === posix.extname(path))
    .map((source) => ({ path: source.path, share: alike(source.lines, lines) }))
    .filter(({ share }) => share >= ALIKE)
    .toSorted((a, b) => b.share - a.share);
  return first && first.share !== second?.share ? first.path : undefined;
}

/** Where all files of a folder have gone that were moved. */
function newFolderOf(folder: string, moves: Moves): string | undefined {
  const targets = new Set(
    [...moves]
      .filter(([from]) => posix.dirname(from) === folder)
      .map(([, to]) => posix.dirname(to)),
  );
  const [only, ...others] = targets;
  return others.length > 0 ? undefined : only;
}

function filesIn(tree: Tree): string[] {
  const paths: string[] = [];
  for (const folder of FOLDERS) tree.getDir(folder).visit((path) => paths.push(path.slice(1)));
  return paths;
}

/** Imports are left out: they change when a file is moved. */
function linesOf(text: string): string[] {
  return plainText(text)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/\bfrom '|^import\b/.test(line));
}

function alike(one: readonly string[], other: readonly string[]): number {
  if (one.length + other.length === 0) return 0;
  const counts = new Map<string, number>();
  for (const line of one) counts.set(line, (counts.get(line) ?? 0) + 1);
  let both = 0;
  for (const line of other) {
    const count = counts.get(line) ?? 0;
    if (count > 0) both++;
    counts.set(line, count - 1);
  }
  return (2 * both) / (one.length + other.length);
}

/** Generated files as they would be where the team has moved them: at their new places, and importing each other there. */
export function moved(files: RenderedFiles, moves: Moves): RenderedFiles {
  if (moves.size === 0) return files;
  const placeOf = (path: string): string => moves.get(path) ?? path;
  return new Map([...files].map(([path, text]) => [placeOf(path), importing(path, text, placeOf)]));
}

const SPECIFIER = /(\bfrom\s+|\bimport\()(['"])(\.{1,2}\/[^'"]+)\2/g;

function importing(path: string, text: string, placeOf: (path: string) => string): string {
  return text.replaceAll(
    SPECIFIER,
    (all: string, before: string, quote: string, specifier: string): string => {
      const target = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
      const now = importPath(placeOf(path), placeOf(target));
      return now === specifier ? all : `${before}${quote}${now}${quote}`;
    },
  );
}
