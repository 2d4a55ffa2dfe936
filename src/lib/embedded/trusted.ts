import { lstat, stat } from 'node:fs/promises';
import { ConfigurationError } from '../errors.js';

/**
 * Makes sure that what is there already is nobody else's: in a directory where all may write (the one
 * for temporary files) anybody can have put something under a name that can be guessed, also a link.
 *
 * @param owners the accounts that it may belong to, besides the one that this process runs as
 * @throws ConfigurationError where it is another's, or others may write into it
 */
export async function requireTrusted(path: string, owners: readonly number[] = []): Promise<void> {
  const own = process.getuid?.();
  // Windows has neither owners nor modes of this kind.
  if (own === undefined) return;
  const trusted = [own, ...owners];
  const [entry, target] = [await lstat(path), await stat(path)];
  const owned = trusted.includes(entry.uid) && trusted.includes(target.uid);
  if (owned && (target.mode & WRITABLE_BY_ALL) === 0) return;
  throw new ConfigurationError(
    owned
      ? `Everybody may write to ${path}, so what is in it is not trusted.`
      : `${path} belongs to another user, so what is in it is not trusted.`,
    { remedy: 'Remove it, or have it made elsewhere: another directory, or TMPDIR.' },
  );
}

const WRITABLE_BY_ALL = 0o002;
