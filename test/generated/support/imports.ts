import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';

const IMPORT = /\bfrom '([^']+)'|\bimport\('([^']+)'\)|^import '([^']+)'/gm;

/** Packages that the sources import and package.json does not name: they would be missing under pnpm. */
export function undeclaredImports(directory: string): string[] {
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const undeclared = new Set<string>();
  for (const { path, text } of sources(directory)) {
    // What runs in production must not need what is for development.
    const isTest = path.startsWith('test/') || /spec\.ts$|^[^/]+$/.test(path);
    const declared = isTest
      ? { ...manifest.dependencies, ...manifest.devDependencies }
      : manifest.dependencies;
    for (const [, ...specifiers] of text.matchAll(IMPORT)) {
      const specifier = specifiers.find((each) => each !== undefined) ?? '';
      if (specifier.startsWith('.') || isBuiltin(specifier)) continue;
      const [scope = '', name = ''] = specifier.split('/');
      const packageName = scope.startsWith('@') ? `${scope}/${name}` : scope;
      const isType = packageName === 'express' && '@types/express' in manifest.devDependencies;
      if (!(packageName in declared) && !isType) undeclared.add(`${path}: ${packageName}`);
    }
  }
  return [...undeclared];
}

function sources(directory: string): { path: string; text: string }[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => /^(?!node_modules|dist|\.).*\.ts$/.test(path))
    .map((path) => ({ path, text: readFileSync(join(directory, path), 'utf8') }));
}
