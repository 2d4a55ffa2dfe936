import type { Tree } from '@angular-devkit/schematics';
import { addBarrelExport, addModuleImport, editFile } from '../tree/edit';
import type { FormatConfig } from '../rendering/format';
import { importPath } from '../rendering/import-path';
import type { BarrelExport, ResourceRegistrations } from '../rendering/resource';

const APP_MODULE = 'src/app.module.ts';

/**
 * Registers a resource in files that belong to the user.
 *
 * @returns one line for each that could not be edited safely: why, and exactly what to add by hand
 */
export async function registerResource(
  tree: Tree,
  { module, exports }: ResourceRegistrations,
  format: FormatConfig,
  /** Whether its module is imported, too. The barrels name what migrations are made of. */
  inModule = true,
): Promise<string[]> {
  const todo: string[] = [];
  if (inModule) {
    const result = await editFile(tree, APP_MODULE, format, (path, text) =>
      addModuleImport(path, text, module),
    );
    if (result.kind === 'manual') todo.push(addModuleByHand(module, result.reason));
  }

  for (const item of exports) {
    const outcome = await editFile(tree, item.barrel, format, (path, text) =>
      addBarrelExport(path, text, item),
    );
    if (outcome.kind === 'manual') todo.push(addExportByHand(item, outcome.reason));
  }
  return todo;
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
