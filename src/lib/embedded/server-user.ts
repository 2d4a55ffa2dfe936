import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ConfigurationError } from '../errors.js';

/** The account the server runs as, where it cannot be the current one. */
export interface ServerUser {
  readonly uid: number;
  readonly gid: number;
}

/**
 * PostgreSQL refuses to run as root. As root (in a container, say) it runs as `postgres` where that
 * account exists, and otherwise as `nobody`.
 */
export async function serverUser(): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = (await readFile('/etc/passwd', 'utf8'))
    .split('\n')
    .map((line) => line.split(':'));
  const account =
    accounts.find(([name]) => name === 'postgres') ?? accounts.find(([name]) => name === 'nobody');
  const [uid, gid] = [Number(account?.[2]), Number(account?.[3])];
  if (Number.isInteger(uid) && Number.isInteger(gid)) return { uid, gid };
  throw new ConfigurationError('PostgreSQL does not run as root, and there is no other account.', {
    remedy: 'Run as an ordinary user, or set DATABASE_URL to a server of yours.',
  });
}

/**
 * Whether others than its owner can get to this directory, as the server's account has to. What
 * does not exist yet is reachable where its parent is.
 */
export async function reachableByOthers(directory: string): Promise<boolean> {
  for (let path = directory; ; path = dirname(path)) {
    const mode = await modeOf(path);
    if (mode !== undefined && (mode & 0o001) === 0) return false;
    if (path === dirname(path)) return true;
  }
}

async function modeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).mode;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
