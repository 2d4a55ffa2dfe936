import { endOfLineAfter, type Insertion, type ParsedSource } from './source';

/** An import or export statement with a relative specifier. */
export interface Statement {
  readonly specifier: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Where a new statement goes among others of its kind: to its place when they are sorted by path, behind the last one
 * otherwise.
 */
export function placeStatement(
  { text, eol }: ParsedSource,
  statements: readonly Statement[],
  specifier: string,
  line: string,
): Insertion {
  const last = statements.at(-1);
  if (!last) return placeFirst(text, eol, line);

  const relative = statements.filter((statement) => statement.specifier.startsWith('.'));
  const behind = isSorted(relative)
    ? relative.findLast((statement) => statement.specifier < specifier)
    : last;
  if (behind) {
    return { at: endOfLineAfter(text, behind.end), text: eol + line };
  }
  const [first] = relative;
  // Comments above the first statement may belong to the whole file.
  return first && /(^|\n)$/.test(text.slice(0, first.start))
    ? { at: first.start, text: line + eol }
    : { at: endOfLineAfter(text, last.end), text: eol + line };
}

function placeFirst(text: string, eol: string, line: string): Insertion {
  const shebang = /^#![^\n]*\n/.exec(text)?.[0].length ?? 0;
  const separator = text.slice(shebang).trim() === '' ? '' : eol;
  return { at: shebang, text: line + eol + separator };
}

function isSorted(statements: readonly Statement[]): boolean {
  return statements.every((statement, index) => {
    const previous = statements[index - 1];
    return !previous || previous.specifier <= statement.specifier;
  });
}
