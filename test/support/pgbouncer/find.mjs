import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

// Debian installs it where an ordinary user's PATH does not look.
const ELSEWHERE = ['/usr/sbin', '/usr/local/sbin'];

export function findPgBouncer() {
  // A shell watches over it while it runs.
  if (process.platform === 'win32') return undefined;
  return [...(process.env.PATH ?? '').split(delimiter), ...ELSEWHERE]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, 'pgbouncer'))
    .find(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
