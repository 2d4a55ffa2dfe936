import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import { check, format, getFileInfo, type Options, resolveConfig } from 'prettier';
import type { RenderedFiles } from './render';

/** Prettier's options for one project-relative path. */
export type FormatConfig = (path: string) => Promise<Options>;

/** The configuration of a project that does not exist yet: the text of the `.prettierrc` it is going to have. */
export function newProjectFormat(prettierrc: string): FormatConfig {
  const options: Options = JSON.parse(prettierrc);
  return async () => options;
}

/**
 * The configuration of the project that the tree stands for. Prettier finds configuration files, overrides and
 * `.editorconfig` on the disk only, so it is asked with the real path; a tree that is not on the disk (a schematic
 * chained after the one that made the project, a test) is read instead.
 *
 * @param root where the tree's root is on the disk
 */
export function projectFormat(tree: Tree, root: string = process.cwd()): FormatConfig {
  if (existsSync(join(root, '.mt', 'app.json'))) {
    const realRoot = realpathSync(root);
    return async (path) =>
      (await resolveConfig(join(realRoot, path), { editorconfig: true, useCache: false })) ?? {};
  }
  return newProjectFormat(tree.exists('.prettierrc') ? tree.readText('.prettierrc') : '{}');
}

/** Formats what Prettier has a parser for, and leaves other files as they are. */
export async function formatFiles(
  files: RenderedFiles,
  config: FormatConfig,
): Promise<Map<string, string>> {
  const formatted = new Map<string, string>();
  for (const [path, text] of files) formatted.set(path, await formatFile(path, text, config));
  return formatted;
}

/**
 * The text of a user's file after an edit. Where the file was formatted before it stays so, for example when a longer
 * list no longer fits its line; otherwise nothing but the edit is touched.
 */
export async function keepFormatted(
  path: string,
  before: string,
  after: string,
  config: FormatConfig,
): Promise<string> {
  const options = { ...(await config(path)), filepath: path };
  return (await check(before, options)) ? format(after, options) : after;
}

async function formatFile(path: string, text: string, config: FormatConfig): Promise<string> {
  const { inferredParser } = await getFileInfo(path, { resolveConfig: false });
  if (!inferredParser) return text;
  return format(text, { ...(await config(path)), filepath: path });
}
