import { posix } from 'node:path';

/** How one file of an ES module project imports another; both paths are relative to the project. */
export function importPath(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, '.js');
  return path.startsWith('.') ? path : `./${path}`;
}

/** Lines of imports, in the order of what they import from. */
export function sortImports(lines: readonly string[]): string[] {
  return lines.toSorted((a, b) => (specifierOf(a) < specifierOf(b) ? -1 : 1));
}

function specifierOf(line: string): string {
  return line.replace(/^.* from /, '');
}
