import type { Tree } from '@angular-devkit/schematics';
import { matchTextStyle, readSource, sameText } from './text-style';
import type { RenderedFiles } from '../rendering/render';

/** What became of the files of one run. */
export interface WriteReport {
  readonly created: string[];
  readonly replaced: string[];
  /** Already there with this content. */
  readonly unchanged: string[];
  /** Already there with other content, and left alone. */
  readonly kept: string[];
}

export interface WriteOptions {
  /** What to do with a file that is there with other content. Default: `keep`. */
  readonly existing?: 'keep' | 'replace';
}

/**
 * Writes files into the tree. A file that already says the same is not touched, because the devkit counts an overwrite
 * with identical content as a change.
 */
export function writeFiles(
  tree: Tree,
  files: RenderedFiles,
  { existing = 'keep' }: WriteOptions = {},
): WriteReport {
  const report: WriteReport = { created: [], replaced: [], unchanged: [], kept: [] };
  for (const [path, text] of files) {
    if (!tree.exists(path)) {
      tree.create(path, text);
      report.created.push(path);
      continue;
    }
    const current = readSource(tree, path);
    if (sameText(current, text)) {
      report.unchanged.push(path);
    } else if (existing === 'replace') {
      tree.overwrite(path, matchTextStyle(text, current));
      report.replaced.push(path);
    } else {
      report.kept.push(path);
    }
  }
  return report;
}
