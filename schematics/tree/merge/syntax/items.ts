import { ts } from 'ts-morph';
import { describeItem, type Description, type ListKind } from './describe-item';
import { commentsIn, type Source } from './source';

/** An element of a list, with the comments that belong to it; or a comment that belongs to none. */
export interface Item extends Description {
  /** Undefined for a comment. */
  readonly node: ts.Node | undefined;
  /** Of its first comment, or its own. */
  readonly start: number;
  readonly nodeStart: number;
  readonly nodeEnd: number;
  /** Behind its comma, where it has one. */
  readonly separatorEnd: number;
  /** Behind a comment that follows it on its line. */
  readonly end: number;
  /** What it says, comments included. */
  readonly meaning: string;
}

/**
 * The elements of a list. A comment belongs to the element below it, or to the one on whose line it stands; one that a
 * blank line separates from what is below stands for itself.
 *
 * @param start of the list's inside
 * @param end of it
 */
export function itemsOf(
  source: Source,
  kind: ListKind,
  list: ts.NodeArray<ts.Node>,
  start: number,
  end: number,
): Item[] {
  const { text, file } = source;
  const items: Item[] = [];
  const seen = new Map<string, number>();
  const add = (item: Omit<Item, 'meaning'>): void => {
    const count = (seen.get(item.key) ?? 0) + 1;
    seen.set(item.key, count);
    const key = count === 1 ? item.key : `${item.key}#${count}`;
    items.push({ ...item, key, meaning: source.meaning(item.start, item.end) });
  };
  let at = start;
  for (const node of list) {
    const nodeStart = node.getStart(file);
    const { detached, first } = commentsAbove(text, at, nodeStart);
    for (const comment of detached) add(commentItem(text, comment));
    const separatorEnd = behindComma(text, node.end, end);
    const itemEnd = behindLine(text, separatorEnd, end);
    add({
      ...describeItem(source, kind, node),
      node,
      start: first,
      nodeStart,
      nodeEnd: node.end,
      separatorEnd,
      end: itemEnd,
    });
    at = itemEnd;
  }
  for (const group of groupsOf(text, commentsBetween(text, at, end))) add(commentItem(text, group));
  return items;
}

type Range = readonly [start: number, end: number];

function commentItem(text: string, [start, end]: Range): Omit<Item, 'meaning'> {
  const what = text.slice(start, end).replaceAll(/\s+/g, ' ');
  return {
    key: `comment ${what}`,
    name: 'a comment',
    isOrdered: true,
    isKeyed: true,
    node: undefined,
    start,
    nodeStart: start,
    nodeEnd: end,
    separatorEnd: end,
    end,
  };
}

function commentsAbove(
  text: string,
  from: number,
  nodeStart: number,
): { detached: Range[]; first: number } {
  const groups = groupsOf(text, commentsBetween(text, from, nodeStart));
  const last = groups.at(-1);
  if (!last || isBlankLine(text.slice(last[1], nodeStart))) {
    return { detached: groups, first: nodeStart };
  }
  return { detached: groups.slice(0, -1), first: last[0] };
}

function commentsBetween(text: string, from: number, to: number): ts.CommentRange[] {
  return commentsIn(text, from).filter(({ pos, end }) => pos >= from && end <= to);
}

/** Those that no blank line separates are one. */
function groupsOf(text: string, comments: readonly ts.CommentRange[]): Range[] {
  const groups: [number, number][] = [];
  for (const { pos, end } of comments) {
    const last = groups.at(-1);
    if (last && !isBlankLine(text.slice(last[1], pos))) last[1] = end;
    else groups.push([pos, end]);
  }
  return groups;
}

function isBlankLine(gap: string): boolean {
  return /\n[ \t\r]*\n/.test(gap);
}

function behindComma(text: string, position: number, limit: number): number {
  let at = position;
  for (;;) {
    at += /^\s*/.exec(text.slice(at, limit))?.[0].length ?? 0;
    if (text[at] === ',' && at < limit) return at + 1;
    const comment = commentsIn(text, at).find(({ pos }) => pos === at);
    if (!comment || comment.end > limit) return position;
    at = comment.end;
  }
}

/** Comments on the rest of the line belong to what stands before them, unless something else follows there. */
function behindLine(text: string, position: number, limit: number): number {
  const comments = ts.getTrailingCommentRanges(text, position) ?? [];
  const end = comments.at(-1)?.end ?? position;
  if (end > limit) return position;
  return /^[ \t]*(?:\r?\n|$)/.test(text.slice(end, limit)) ? end : position;
}
