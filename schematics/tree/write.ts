import type { Tree } from '@angular-devkit/schematics';
import { matchTextStyle, readSource, sameText } from './text-style';
import type { RenderedFiles } from '../rendering/render';

export interface WriteOptions {
  /** What to do with a file that is there with other content. Default: `keep`. */
  readonly existing?: 'keep' | 'replace';
}

/**
 * Writes files into the tree. A file that already says the same is not touched, because the devkit counts an overwrite
 * with identical content as a change.
 *
 * @returns the paths of those that are there with other content, and were left alone
 */
export function writeFiles(
  tree: Tree,
  files: RenderedFiles,
  { existing = 'keep' }: WriteOptions = {},
): string[] {
  const kept: string[] = [];
  for (const [path, text] of files) {
    if (!tree.exists(path)) {
      tree.create(path, text);
      continue;
    }
    const current = readSource(tree, path);
    if (sameText(current, text)) continue;
    if (existing === 'replace') tree.overwrite(path, matchTextStyle(text, current));
    else kept.push(path);
  }
  return kept;
}
