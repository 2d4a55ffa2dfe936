import type { Tree } from '@angular-devkit/schematics';
import { type FormatConfig, keepFormatted } from '../../rendering/format';
import { readSource } from '../text-style';
import { type EditResult, manual } from './source';

/** Edits a file of the user in the tree, which is written only when its text changes. */
export async function editFile(
  tree: Tree,
  path: string,
  format: FormatConfig,
  edit: (path: string, text: string) => Promise<EditResult>,
): Promise<EditResult> {
  if (!tree.exists(path)) return manual('it does not exist');
  const before = readSource(tree, path);
  const result = await edit(path, before);
  if (result.kind === 'edited') {
    tree.overwrite(path, await keepFormatted(path, before, result.text, format));
  }
  return result;
}
