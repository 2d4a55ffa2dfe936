import { posix } from 'node:path';
import type { Tree } from '@angular-devkit/schematics';
import {
  addBarrelExport,
  addModuleImport,
  editFile,
  removeBarrelExport,
  removeModuleImport,
} from '../tree/edit';
import type { FormatConfig } from '../rendering/format';
import { importPath } from '../rendering/imports';
import type { BarrelExport, ResourceRegistrations } from '../rendering/resource';
import { readSource } from '../tree/text-style';
import { APP_MODULE } from '../utility/project';
import type { Report } from '../utility/report';

/** One line for each file: what was added to it, or why not, and exactly what to add by hand. */
export type Registered = Required<Pick<Report, 'changes' | 'warnings'>>;

/** Registers a resource in files that belong to the user. */
export async function registerResource(
  tree: Tree,
  { module, exports }: ResourceRegistrations,
  format: FormatConfig,
  /** Whether its module is imported, too. The barrels name what migrations are made of. */
  inModule = true,
): Promise<Registered> {
  const changes: string[] = [];
  const warnings: string[] = [];
  if (inModule) {
    const result = await editFile(tree, APP_MODULE, format, (path, text) =>
      addModuleImport(path, text, module),
    );
    if (result.kind === 'edited') changes.push(`${APP_MODULE} imports ${module.symbol}.`);
    if (result.kind === 'manual') warnings.push(addModuleByHand(module, result.reason));
  }
  const exported = await registerExports(tree, exports, format);
  return {
    changes: [...changes, ...exported.changes],
    warnings: [...warnings, ...exported.warnings],
  };
}

/** Adds lines to barrels, which belong to the user. */
export async function registerExports(
  tree: Tree,
  exports: readonly BarrelExport[],
  format: FormatConfig,
): Promise<Registered> {
  const changes: string[] = [];
  const warnings: string[] = [];
  for (const item of exports) {
    const { barrel, file } = item;
    const result = await editFile(tree, barrel, format, (path, text) =>
      addBarrelExport(path, text, item),
    );
    if (result.kind === 'edited') changes.push(`${barrel} exports ${importPath(barrel, file)}.`);
    if (result.kind === 'manual') warnings.push(addExportByHand(item, result.reason));
  }
  return { changes, warnings };
}

/** Takes a resource out of files that belong to the user. Migrations stay: they are history. */
export async function unregisterResource(
  tree: Tree,
  { module, exports }: ResourceRegistrations,
  format: FormatConfig,
): Promise<Registered> {
  const changes: string[] = [];
  const warnings: string[] = [];
  const result = await editFile(tree, APP_MODULE, format, (path, text) =>
    removeModuleImport(path, text, module),
  );
  if (result.kind === 'edited') changes.push(`${APP_MODULE} imports ${module.symbol} no more.`);
  // By another path, or from what exports it again.
  if (result.kind === 'unchanged' && mentions(tree, APP_MODULE, module.symbol)) {
    warnings.push(`${APP_MODULE} still has ${module.symbol}: take it out by hand.`);
  }
  if (result.kind === 'manual') {
    warnings.push(
      `${APP_MODULE} was not edited, because ${result.reason}. Take ${module.symbol} out by hand.`,
    );
  }
  for (const item of exports) {
    const { barrel, file } = item;
    const taken = await editFile(tree, barrel, format, (path, text) =>
      removeBarrelExport(path, text, item),
    );
    const from = importPath(barrel, file);
    if (taken.kind === 'edited') changes.push(`${barrel} exports ${from} no more.`);
    const stem = posix.basename(file, '.ts');
    if (taken.kind === 'unchanged' && mentions(tree, barrel, stem)) {
      warnings.push(`${barrel} still has ${stem}: take it out by hand.`);
    }
    if (taken.kind === 'manual') {
      warnings.push(`${barrel} was not edited, because ${taken.reason}. Take ${from} out by hand.`);
    }
  }
  return { changes, warnings };
}

function mentions(tree: Tree, path: string, word: string): boolean {
  return tree.exists(path) && readSource(tree, path).includes(word);
}

function addModuleByHand(
  { symbol, file }: ResourceRegistrations['module'],
  reason: string,
): string {
  return `${APP_MODULE} was not edited, because ${reason}. Add by hand: "import { ${symbol} } from '${importPath(APP_MODULE, file)}';" and ${symbol} to the imports of @Module.`;
}

function addExportByHand({ barrel, file, symbol }: BarrelExport, reason: string): string {
  const what = symbol === undefined ? '*' : `{ ${symbol} }`;
  return `${barrel} was not edited, because ${reason}. Add by hand: "export ${what} from '${importPath(barrel, file)}';".`;
}
