import type { SourceFile } from 'ts-morph';
import { BYTE_ORDER_MARK, lineEnding, withoutByteOrderMark } from '../text-style';

type Morph = typeof import('ts-morph');

/** A user's file, parsed to find places in it. It is never changed or printed through its nodes. */
export interface ParsedSource {
  /** ts-morph itself, for its type guards: it carries a TypeScript of its own, and the two must not be mixed. */
  readonly morph: Morph;
  readonly file: SourceFile;
  /** Without the byte-order mark; every position refers to this text. */
  readonly text: string;
  readonly eol: '\n' | '\r\n';
  /** A file that does not parse (conflict markers, half an edit) has no safe places. */
  readonly broken: boolean;
}

/** Text to insert. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** What came of an edit. */
export type EditResult =
  | { readonly kind: 'edited'; readonly text: string }
  | { readonly kind: 'unchanged' }
  /** The place is not one that can be edited safely. */
  | { readonly kind: 'manual'; readonly reason: string };

export function manual(reason: string): EditResult {
  return { kind: 'manual', reason };
}

export const BROKEN = manual('it has syntax errors');

/** ts-morph takes about 0.2 s to load, so it is loaded by the first run that edits something. */
export async function parseSource(path: string, text: string): Promise<ParsedSource> {
  const morph = await import('ts-morph');
  const project = new morph.Project({
    useInMemoryFileSystem: true,
    skipLoadingLibFiles: true,
    compilerOptions: { allowJs: true },
  });
  const plain = withoutByteOrderMark(text);
  const file = project.createSourceFile(path, plain);
  const broken = project.getProgram().getSyntacticDiagnostics(file).length > 0;
  return { morph, file, text: plain, eol: lineEnding(text), broken };
}

/** Applies insertions to the text that was parsed, which keeps everything else as it was. */
export function insert(original: string, insertions: readonly Insertion[]): EditResult {
  if (insertions.length === 0) return { kind: 'unchanged' };
  let text = withoutByteOrderMark(original);
  for (const { at, text: inserted } of insertions.toSorted((a, b) => b.at - a.at)) {
    text = text.slice(0, at) + inserted + text.slice(at);
  }
  return {
    kind: 'edited',
    text: original.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK + text : text,
  };
}

/** A part of the text to be taken out. */
export interface Cut {
  readonly from: number;
  readonly to: number;
}

/** Takes parts out of the text that was parsed, which keeps everything else as it was. */
export function cut(original: string, cuts: readonly Cut[]): EditResult {
  if (cuts.length === 0) return { kind: 'unchanged' };
  let text = withoutByteOrderMark(original);
  for (const { from, to } of cuts.toSorted((a, b) => b.from - a.from)) {
    text = text.slice(0, from) + text.slice(to);
  }
  return {
    kind: 'edited',
    text: original.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK + text : text,
  };
}

/** A statement or an element with the line it is on, where it is alone there. */
export function wholeLines(text: string, { from, to }: Cut): Cut {
  if (!beginsLine(text, from)) return { from, to };
  const end = /^[ \t]*(?:\r?\n|$)/.exec(text.slice(to));
  return end
    ? { from: from - indentationAt(text, from).length, to: to + end[0].length }
    : { from, to };
}

/** The blanks that the line of a position begins with. */
export function indentationAt(text: string, position: number): string {
  const line = text.slice(text.lastIndexOf('\n', position - 1) + 1, position);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

/** Whether only blanks stand between the beginning of the line and the position. */
export function beginsLine(text: string, position: number): boolean {
  return /(^|\n)[ \t]*$/.test(text.slice(0, position));
}

/**
 * The end of the line when a position is followed by nothing but blanks and a comment; the position itself when more
 * code stands on the line.
 */
export function endOfLineAfter(text: string, position: number): number {
  const rest = /^[ \t]*(?:\/\/[^\r\n]*|\/\*(?:(?!\*\/)[^\r\n])*\*\/[ \t]*)?(?=\r?\n|$)/.exec(
    text.slice(position),
  );
  return rest ? position + rest[0].length : position;
}
