import type { Tree } from '@angular-devkit/schematics';
import { type FormatConfig, formatFiles } from '../rendering/format';
import type { RenderedMigration } from '../rendering/resource';
import { writeFiles } from '../tree/write';
import { registerExports, type Registered } from './register';

/** Writes a migration behind those that are there, and says it where the application lists them. */
export async function writeMigration(
  tree: Tree,
  { code, written, journal, exports }: RenderedMigration,
  format: FormatConfig,
): Promise<Registered> {
  writeFiles(tree, written);
  writeFiles(tree, await formatFiles(code, format));
  writeFiles(tree, journal, { existing: 'replace' });
  return registerExports(tree, exports, format);
}
