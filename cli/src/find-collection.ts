import { existsSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { CliError } from './cli-error';
import { findPackage, searchPath } from './find-package';

/** The path of a collection's collection.json, from a package name or from a path. */
export function findCollection(name: string): string {
  if (name.startsWith('.') || isAbsolute(name)) {
    const path = resolve(name);
    if (existsSync(path)) return path;
    throw new CliError(`There is no collection file ${path}.`);
  }
  const found = findPackage(name, searchPath());
  if (!found) {
    throw new CliError(
      `The collection "${name}" is not installed here. ` +
        `Install it with: npm install --save-dev ${name}`,
    );
  }
  if (!found.manifest.schematics) {
    throw new CliError(
      `"${name}" has no schematics: its package.json names no collection. Check the name.`,
    );
  }
  return join(found.directory, found.manifest.schematics);
}
