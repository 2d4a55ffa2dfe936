import { readFile, writeFile } from 'node:fs/promises';
import type { TenantSchemaDiff } from '@mt/runtime/typeorm';
import { migrationClass } from './migration-class.js';

const DIRECTORY = 'src/database/migrations';

/** Writes the class, and exports it from the barrel, through which the application finds it. */
export async function writeMigration(
  name: string,
  changes: TenantSchemaDiff,
  shared = false,
): Promise<string> {
  const words = name.split(/[^a-z0-9]+/i).filter((word) => word !== '');
  // A class cannot begin with a digit.
  if (!/^[a-z]/i.test(words.join(''))) words.unshift('change');
  const timestamp = Date.now();
  const className = `${words.map(capitalize).join('')}${timestamp}`;
  const file = `${timestamp}-${words.join('-').toLowerCase()}`;

  const path = `${DIRECTORY}/${file}.ts`;
  await writeFile(path, migrationClass(className, changes, shared));
  await addExport(`export { ${className} } from './${file}.js';\n`);
  return path;
}

async function addExport(line: string): Promise<void> {
  const barrel = `${DIRECTORY}/index.ts`;
  const text = await readFile(barrel, 'utf8');
  const separator = text === '' || text.endsWith('\n') ? '' : '\n';
  await writeFile(barrel, text + separator + line);
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
