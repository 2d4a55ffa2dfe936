import type { Tree } from '@angular-devkit/schematics';
import { format } from 'prettier';
import type { FormatConfig } from '../rendering/format';
import type { RenderedFiles } from '../rendering/render';
import { readAllBases } from './base';
import { findMoves, type Moves, moved } from './moved-files';
import { readSource } from './text-style';

/** What became of the files that were generated. */
export interface RemovedFiles {
  /** Those with something of the team's own in them, which are still there. */
  readonly edited: readonly string[];
  /** Where the team had moved some of them. */
  readonly moves: Moves;
}

/** Deletes what was generated, wherever the team has moved it, as far as nobody has edited it. */
export async function removeFiles(
  tree: Tree,
  base: RenderedFiles,
  config: FormatConfig,
): Promise<RemovedFiles> {
  // It brings a parser of TypeScript, which takes 0.2 s to load.
  const { mergeFile } = await import('./merge/index.js');
  const moves = findMoves(tree, base, new Map(), () => readAllBases(tree));
  const edited: string[] = [];
  for (const [path, text] of moved(base, moves)) {
    if (!tree.exists(path)) continue;
    const options = { ...(await config(path)), filepath: path };
    const versions = { base: text, yours: readSource(tree, path), theirs: undefined };
    const merge = await mergeFile(path, versions, (source) => format(source, options));
    if (merge.kind === 'deleted') tree.delete(path);
    else edited.push(path);
  }
  return { edited, moves };
}
