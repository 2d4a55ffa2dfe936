import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { templatesDirectory } from './render';

/** What is said of this package in its own package.json. */
export function ownManifest(): { version: string; engines: { node: string } } {
  const file = join(dirname(templatesDirectory()), 'package.json');
  return JSON.parse(readFileSync(file, 'utf8')) as ReturnType<typeof ownManifest>;
}
