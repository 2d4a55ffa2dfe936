import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

export interface Manifest {
  readonly name?: string;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly schematics?: string;
}

export interface FoundPackage {
  readonly directory: string;
  readonly manifest: Manifest;
}

/**
 * Where packages are looked for: the project first, then wherever this command was started from (a
 * global install, also one whose bin is a link), then beside this file (a checkout).
 */
export function searchPath(): string[] {
  const script = process.argv[1];
  return [process.cwd(), ...(script ? [dirname(script)] : []), __dirname];
}

/**
 * Finds a package as Node would, from the first of `directories` that has it. A directory inside the
 * package itself counts too, which is how the collection is found in its own checkout.
 *
 * `require.resolve` is not used: it refuses packages whose `exports` hide their package.json.
 */
export function findPackage(
  name: string,
  directories: readonly string[],
): FoundPackage | undefined {
  for (const start of directories) {
    for (const directory of ancestors(start)) {
      for (const candidate of [directory, join(directory, 'node_modules', name)]) {
        const manifest = readManifest(candidate);
        if (manifest?.name === name) return { directory: realpathSync(candidate), manifest };
      }
    }
  }
  return undefined;
}

function* ancestors(start: string): Generator<string> {
  for (let directory = start; ; directory = dirname(directory)) {
    yield directory;
    if (directory === dirname(directory)) return;
  }
}

function readManifest(directory: string): Manifest | undefined {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as Manifest;
  } catch {
    // No package.json, or not a readable one: whatever this directory is, it is not the package.
    return undefined;
  }
}
