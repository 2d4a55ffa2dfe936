import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { basename, join } from 'node:path';
import { mustRun } from './commands';

const ROOT = join(__dirname, '..', '..', '..');
const NOT_SOURCES = new Set(['node_modules', 'dist', 'packages', '.git', '.tmp', 'coverage']);

export interface Tarballs {
  readonly schematics: string;
  readonly runtime: string;
  readonly cli: string;
}

/**
 * Runs `npm pack` for each of the three, as someone does who publishes them: from sources alone, with
 * the builds that `prepack` asks for. In a copy, because other suites run on this checkout's builds.
 */
export function packAll(directory: string): Tarballs {
  const checkout = join(directory, 'checkout');
  const tarballs = join(directory, 'tarballs');
  cpSync(ROOT, checkout, {
    recursive: true,
    filter: (path) => path === ROOT || !NOT_SOURCES.has(basename(path)),
  });
  symlinkSync(join(ROOT, 'node_modules'), join(checkout, 'node_modules'));
  mkdirSync(tarballs);
  const pack = (part: string): string => {
    const name = mustRun(join(checkout, part), 'npm', 'pack', '--pack-destination', tarballs)
      .trim()
      .split('\n')
      .at(-1);
    if (!name) throw new Error(`npm pack printed no name for ${part}`);
    return join(tarballs, name);
  };
  return { schematics: pack('.'), runtime: pack('src'), cli: pack('cli') };
}

/** The paths in a tarball, without the `package/` they all begin with. */
export function filesOf(tarball: string): string[] {
  return mustRun('.', 'tar', '-tzf', tarball)
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''))
    .toSorted();
}
