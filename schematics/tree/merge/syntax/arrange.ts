import { ts } from 'ts-morph';
import type { Item } from './items';
import type { ListPlace } from './merge-list';

/** An element of the merged list. */
export interface Piece {
  /** Its counterpart in yours; undefined for what theirs has added. */
  readonly yours: Item | undefined;
  readonly theirs: Item | undefined;
  /** Up to its comma. */
  readonly body: string;
  /** Behind the comma, on its line. */
  readonly comment: string;
  /** Whether the body is whole lines that are no element: a conflict. */
  readonly isConflict?: boolean;
}

/**
 * Puts the elements of a merged list together. What was between yours stays as it was; what is added is laid out as the
 * others are.
 */
export function arrange(
  yours: ListPlace,
  theirs: ListPlace,
  items: readonly Item[],
  pieces: readonly Piece[],
): string {
  const isChanged =
    pieces.length !== items.length || pieces.some((piece, index) => piece.yours !== items[index]);
  if (isChanged && separatorOf(yours) === '|') return union(pieces);
  const layout = new Layout(yours, theirs, items, isChanged);
  const last = pieces.findLastIndex((piece) => (piece.yours ?? piece.theirs)?.node);
  const text = pieces.map((piece, index) => layout.show(piece, index, index >= last)).join('');
  return text + layout.tail(pieces);
}

/** Each on a line of its own where there are comments: one that ends with its line would take in what follows. */
function union(pieces: readonly Piece[]): string {
  const hasComments = ({ yours, theirs, comment }: Piece): boolean =>
    comment !== '' || !(yours ?? theirs)?.node;
  if (!pieces.some(hasComments)) return pieces.map(({ body }) => body).join(' | ');
  const first = pieces.findIndex(({ yours, theirs }) => (yours ?? theirs)?.node);
  const lines = pieces.map(({ yours, theirs, body, comment }, index) => {
    const bar = index > first && (yours ?? theirs)?.node ? '| ' : '';
    return `${bar}${body} ${comment}\n`;
  });
  return lines.join('');
}

class Layout {
  readonly #yours: ListPlace;
  readonly #theirs: ListPlace;
  readonly #items: readonly Item[];
  readonly #isChanged: boolean;
  readonly #separator: string;
  readonly #isInLines: boolean;

  constructor(yours: ListPlace, theirs: ListPlace, items: readonly Item[], isChanged: boolean) {
    this.#yours = yours;
    this.#theirs = theirs;
    this.#items = items;
    this.#isChanged = isChanged;
    this.#separator = separatorOf(yours);
    this.#isInLines = isInLines(yours, items) ?? isInLines(theirs, []) ?? true;
  }

  /** @param isLast whether no element comes behind it */
  show(piece: Piece, index: number, isLast: boolean): string {
    const lead = this.#lead(piece, index);
    if (piece.isConflict) return lead.replace(/[ \t]+$/, '') + piece.body;
    return lead + piece.body + (this.#hasComma(piece, isLast) ? ',' : '') + piece.comment;
  }

  /** What stands in front of it. */
  #lead(piece: Piece, index: number): string {
    const { source, start } = this.#yours;
    const at = piece.yours ? this.#items.indexOf(piece.yours) : -1;
    if (index === 0) return this.#behindBracket(piece);
    const before = at > 0 ? this.#items[at - 1] : undefined;
    if (piece.yours && before) return source.text.slice(before.end, piece.yours.start);
    // What was the first one no longer is.
    if (piece.yours) return this.#gap(piece.yours, this.#yours);
    return piece.theirs ? this.#gap(piece.theirs, this.#theirs) : source.text.slice(start, start);
  }

  #behindBracket({ theirs }: Piece): string {
    const [first] = this.#items;
    if (first) return this.#yours.source.text.slice(this.#yours.start, first.start);
    // Others of theirs, which you have taken out, may stand in front of it.
    return theirs ? (/^\s*/.exec(this.#insideOfTheirs)?.[0] ?? '') : '';
  }

  #gap(item: Item, { source }: ListPlace): string {
    if (!this.#isInLines) return ' ';
    const isApart =
      this.#separator === '' && /\n[ \t]*\n[ \t]*$/.test(source.text.slice(0, item.start));
    return `\n${isApart ? '\n' : ''}${this.#indentation(item, source)}`;
  }

  #indentation(item: Item, source: ListPlace['source']): string {
    const [first] = this.#items;
    return first ? this.#yours.source.indentationAt(first.start) : source.indentationAt(item.start);
  }

  #hasComma({ yours, theirs }: Piece, isLast: boolean): boolean {
    if (this.#separator !== ',' || !(yours ?? theirs)?.node) return false;
    if (!this.#isChanged) return yours !== undefined && yours.separatorEnd > yours.nodeEnd;
    return !isLast || this.#endsInComma;
  }

  get #endsInComma(): boolean {
    const last = this.#items.findLast(({ node }) => node);
    return last ? last.separatorEnd > last.nodeEnd : (this.#theirs.list.hasTrailingComma ?? false);
  }

  /** What stands in front of the closing bracket. */
  tail(pieces: readonly Piece[]): string {
    const { source, start, end } = this.#yours;
    const last = this.#items.at(-1);
    if (last) return source.text.slice(last.end, end);
    return pieces.length > 0
      ? (/\s*$/.exec(this.#insideOfTheirs)?.[0] ?? '')
      : source.text.slice(start, end);
  }

  get #insideOfTheirs(): string {
    const { source, start, end } = this.#theirs;
    return source.text.slice(start, end);
  }
}

/** Undefined where there are no elements to see it by. */
function isInLines(
  { source, list, start }: ListPlace,
  items: readonly Item[],
): boolean | undefined {
  const first = items[0]?.start ?? list[0]?.getStart(source.file);
  if (first === undefined) return undefined;
  const second = items[1]?.start ?? list[1]?.getStart(source.file);
  const text =
    source.text.slice(start, first) + source.text.slice(items[0]?.end ?? first, second ?? first);
  return text.includes('\n');
}

/** Lists whose elements stand one below the other, without commas. */
const WITHOUT_COMMAS: ReadonlySet<string> = new Set([
  'clauses',
  'heritageClauses',
  'members',
  'modifiers',
  'statements',
  'templateSpans',
]);

function separatorOf({ kind: { parent, role } }: ListPlace): '' | ',' | '|' {
  if (role === 'types' && ts.isUnionTypeNode(parent)) return '|';
  return WITHOUT_COMMAS.has(role) && !ts.isEnumDeclaration(parent) ? '' : ',';
}
