import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where this package is, from the sources as well as from `dist`. */
export function packageRoot(): string {
  let directory = __dirname;
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new Error(`No package.json above ${__dirname}`);
    directory = parent;
  }
  return directory;
}
