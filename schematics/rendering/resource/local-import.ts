import { importPath, sortImports } from '../imports';

/** Names, and what they are imported from: a package, or a file of the project that ends in `.ts`. */
export interface Source {
  /** `type X` where it is nothing but a type. */
  readonly names: readonly string[];
  readonly from: string;
}

/**
 * The lines that import something, one for each package or file, packages first.
 *
 * @param file the file that imports, relative to the project
 */
export function namedImport(file: string, sources: readonly Source[]): string[] {
  const bySource = new Map<string, Set<string>>();
  for (const { names, from } of sources) {
    if (names.length === 0) continue;
    const specifier = from.endsWith('.ts') ? importPath(file, from) : from;
    bySource.set(specifier, new Set([...(bySource.get(specifier) ?? []), ...names]));
  }
  const lines = [...bySource].map(
    ([specifier, names]) => `import ${listOf([...names])} from '${specifier}';`,
  );
  return [
    ...sortImports(lines.filter((line) => !isLocal(line))),
    ...sortImports(lines.filter(isLocal)),
  ];
}

function isLocal(line: string): boolean {
  return line.includes(" from '.");
}

/** Sorted by name, whether a type or not; a line that imports nothing but types says so once. */
function listOf(names: readonly string[]): string {
  const sorted = names.toSorted((a, b) => (bare(a) < bare(b) ? -1 : 1));
  return sorted.every((name) => name.startsWith('type '))
    ? `type { ${sorted.map(bare).join(', ')} }`
    : `{ ${sorted.join(', ')} }`;
}

function bare(name: string): string {
  return name.replace(/^type /, '');
}
