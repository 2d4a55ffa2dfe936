import { copiedFiles, mergeFiles, renderFolder, type RenderedFiles } from '../rendering/render';
import type { AppView } from './view';

/** What a part of an application adds to it. */
export interface AppPart {
  readonly files: RenderedFiles;
  /** Those of the files that are plain source in the templates, where they are kept formatted. */
  readonly copied: ReadonlySet<string>;
  readonly manifest: ManifestPart;
}

/** What a part adds to package.json. */
export interface ManifestPart {
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  /** What npm is to install where a package asks for something else. */
  readonly overrides?: Readonly<Record<string, string>>;
}

/** Renders folders of templates, the later ones over the earlier. */
export function renderPart(
  folders: readonly string[],
  view: AppView,
): Pick<AppPart, 'files' | 'copied'> {
  return {
    files: mergeFiles(...folders.map((folder) => renderFolder(folder, view))),
    copied: new Set(folders.flatMap(copiedFiles)),
  };
}
