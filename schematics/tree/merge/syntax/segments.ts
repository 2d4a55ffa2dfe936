import { ts } from 'ts-morph';
import type { Source } from './source';

/** A part of a node, with the tokens in front of it. */
export interface Segment {
  /** What it is of its node: `name`, `type`, `members`. */
  readonly role: string;
  readonly start: number;
  /** Where it begins behind those tokens. */
  readonly inner: number;
  readonly end: number;
  readonly child: ts.Node | ts.NodeArray<ts.Node>;
}

/** A node taken apart. */
export interface Parts {
  readonly segments: readonly Segment[];
  /** What is left behind the last of them: a brace, mostly. */
  readonly tail: number;
}

export function isList(child: ts.Node | ts.NodeArray<ts.Node>): child is ts.NodeArray<ts.Node> {
  return Array.isArray(child);
}

/** The parts of a node in the order in which they stand. */
export function partsOf(source: Source, node: ts.Node, start: number, end: number): Parts {
  const segments: Segment[] = [];
  let at = start;
  for (const [role, child] of childrenOf(node)) {
    const [inner, until] = isList(child)
      ? rangeOfList(source, role, child, end)
      : [child.getStart(source.file), child.end];
    segments.push({ role, start: at, inner, end: until, child });
    at = until;
  }
  return { segments, tail: at };
}

function childrenOf(node: ts.Node): [role: string, child: ts.Node | ts.NodeArray<ts.Node>][] {
  if (ts.isSourceFile(node)) return [['statements', node.statements]];
  return Object.entries(node)
    .filter(
      (entry): entry is [string, ts.Node | ts.NodeArray<ts.Node>] =>
        !NO_PARTS.has(entry[0]) && (isPartOf(node, entry[1]) || isNodeArray(entry[1])),
    )
    .toSorted(([, a], [, b]) => a.pos - b.pos || a.end - b.end);
}

/** Properties of TypeScript's nodes that lead elsewhere than into their text. */
const NO_PARTS: ReadonlySet<string> = new Set([
  'parent',
  'jsDoc',
  'symbol',
  'localSymbol',
  'locals',
  'flowNode',
  'emitNode',
  'original',
]);

function isPartOf(node: ts.Node, value: unknown): value is ts.Node {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    'parent' in value &&
    value.parent === node
  );
}

function isNodeArray(value: unknown): value is ts.NodeArray<ts.Node> {
  return Array.isArray(value) && 'pos' in value && 'end' in value;
}

/** With brackets, what is between them; otherwise from its first to its last element. */
function rangeOfList(
  { text, file }: Source,
  role: string,
  list: ts.NodeArray<ts.Node>,
  endOfNode: number,
): [number, number] {
  const opens = list.pos === 0 || '([{<'.includes(text[list.pos - 1] ?? ' ');
  if (!(opens && BRACKETED.has(role))) return [list[0]?.getStart(file) ?? list.pos, list.end];
  return [list.pos, Math.min(endOfNode, behindBlanks(text, list.end))];
}

const BRACKETED: ReadonlySet<string> = new Set([
  'arguments',
  'clauses',
  'elements',
  'members',
  'parameters',
  'properties',
  'statements',
  'typeArguments',
  'typeParameters',
]);

/** The next token: comments are part of the list. */
function behindBlanks(text: string, position: number): number {
  const comments = [
    ...(ts.getTrailingCommentRanges(text, position) ?? []),
    ...(ts.getLeadingCommentRanges(text, position) ?? []),
  ];
  const behind = Math.max(position, ...comments.map(({ end }) => end));
  return behind + (/^\s*/.exec(text.slice(behind))?.[0].length ?? 0);
}
