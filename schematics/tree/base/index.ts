import { SchematicsException, type Tree } from '@angular-devkit/schematics';
import type { ResourceNames } from '../../rendering/names';
import type { RenderedFiles } from '../../rendering/render';
import { sameText } from '../text-style';
import { writeFiles } from '../write';
import { baseText, DamagedBase, readBaseText } from './base-text';

export { baseText } from './base-text';

/** What was generated of the application itself. */
export const APP_BASE = '.mt/base/app.txt';

export function basePath({ plural }: ResourceNames): string {
  return `.mt/base/resources/${plural.kebab}.txt`;
}

/** What was generated of a resource when it was last merged; undefined where that was not kept. */
export function readBase(tree: Tree, names: ResourceNames): Map<string, string> | undefined {
  return readBaseFile(tree, basePath(names));
}

/**
 * What was generated; undefined where that was not kept.
 *
 * @throws SchematicsException for what nobody has generated
 */
export function readBaseFile(tree: Tree, path: string): Map<string, string> | undefined {
  if (!tree.exists(path)) return undefined;
  try {
    return readBaseText(tree.readText(path));
  } catch (error) {
    if (!(error instanceof DamagedBase)) throw error;
    throw new SchematicsException(
      `${path} is damaged (${error.message}), and says what was generated: restore it from version control.`,
    );
  }
}

/**
 * What was generated.
 *
 * @throws SchematicsException where that was not kept
 */
export function requireBase(tree: Tree, path: string): Map<string, string> {
  const base = readBaseFile(tree, path);
  if (base) return base;
  throw new SchematicsException(
    `There is no ${path}, so it is not known what was generated and what is yours: restore it from version control, or run "nest g @mt/schematics:update --adopt" once, which takes what this version generates for it.`,
  );
}

/** Everything that was generated, of the application and of all resources. */
export function readAllBases(tree: Tree): Map<string, string> {
  const all = new Map<string, string>();
  tree.getDir('.mt/base').visit((path) => {
    for (const [file, text] of readBaseFile(tree, path.slice(1)) ?? []) all.set(file, text);
  });
  return all;
}

/** @returns whether it says something else than before */
export function writeBase(tree: Tree, names: ResourceNames, files: RenderedFiles): boolean {
  const path = basePath(names);
  const text = baseText(files);
  const isNew = !tree.exists(path) || !sameText(tree.readText(path), text);
  writeFiles(tree, new Map([[path, text]]), { existing: 'replace' });
  return isNew;
}
