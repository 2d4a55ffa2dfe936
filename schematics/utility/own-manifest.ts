import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root';

/** What is said of this package in its own package.json. */
export function ownManifest(): { version: string; engines: { node: string } } {
  const file = join(packageRoot(), 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof ownManifest>;
}
