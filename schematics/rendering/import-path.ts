import { posix } from 'node:path';

/** How one file of an ES module project imports another; both paths are relative to the project. */
export function importPath(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}
