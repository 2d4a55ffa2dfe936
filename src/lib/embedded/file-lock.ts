import { randomUUID } from 'node:crypto';
import { link, lstat, readFile, rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { ConfigurationError } from '../errors.js';

const HELD = Symbol.for('@mt/runtime/held-locks@1');
const shared = globalThis as { [HELD]?: Set<string> };

/**
 * Locks of this process, by which its own are told from those of a process that had its number. One
 * set for all copies of this package: each would take the locks of another for left behind.
 */
const held = (shared[HELD] ??= new Set());

/**
 * Runs `work` while no other process does. The lock is a file that appears with its content (a link
 * to one written before), so it is never seen half written. The lock of a process that died is
 * removed, under a lock of its own: otherwise two could remove it, the second one a new lock.
 *
 * @throws ConfigurationError where it is not to be had in time
 */
export async function withFileLock<T>(
  file: string,
  work: () => Promise<T>,
  timeoutMs = 60_000,
): Promise<T> {
  const token = await acquire(file, timeoutMs);
  try {
    return await work();
  } finally {
    await rm(file, { force: true });
    held.delete(token);
  }
}

async function acquire(file: string, timeoutMs: number): Promise<string> {
  const token = `${process.pid} ${randomUUID()}`;
  const end = Date.now() + timeoutMs;
  held.add(token);
  while (!(await appears(file, token))) {
    if (Date.now() > end) {
      held.delete(token);
      throw new ConfigurationError(`The lock ${file} is held by another process.`, {
        remedy: 'Wait for that process, or remove the file if there is none.',
      });
    }
    if (await isStale(file)) await removeStale(file);
    else await delay(50);
  }
  return token;
}

async function appears(file: string, token: string): Promise<boolean> {
  const written = `${file}.${token.slice(-36)}`;
  await writeFile(written, token);
  try {
    await link(written, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    await rm(written, { force: true });
  }
}

async function removeStale(file: string): Promise<void> {
  const guard = `${file}.stale`;
  const token = `${process.pid} ${randomUUID()}`;
  if (!(await appears(guard, token))) return delay(50);
  try {
    // Once more, now that nobody else removes it.
    if (await isStale(file)) await rm(file, { force: true });
  } finally {
    await rm(guard, { force: true });
  }
}

async function isStale(file: string): Promise<boolean> {
  const token = await tokenIn(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (token === undefined) return false;
  const pid = Number(token.split(' ')[0]);
  if (pid === process.pid) return !held.has(token);
  return !lives(pid);
}

/** Of a lock, which is a file: what anybody can put in its place may lead elsewhere, or never end. */
async function tokenIn(file: string): Promise<string> {
  const entry = await lstat(file);
  if (entry.isFile()) return readFile(file, 'utf8');
  throw new ConfigurationError(`${file} should be a lock, and is no file.`, {
    remedy: 'Remove it, or choose another directory.',
  });
}

function lives(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
