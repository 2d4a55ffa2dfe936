import type { ts } from 'ts-morph';
import { CannotMerge, type Conflicts } from '../conflicts';
import type { ListKind } from './describe-item';
import { itemsOf, type Item } from './items';
import { arrange, type Piece } from './arrange';
import {
  match,
  matchEdited,
  Matches,
  matchNames,
  maybeRenamed,
  pairSameRenames,
  withSameValue,
} from './match';
import { mergeNode, type Place, type Sides } from './merge-node';
import type { Source } from './source';

/** A list in one of the three texts. */
export interface ListPlace {
  readonly source: Source;
  readonly kind: ListKind;
  readonly list: ts.NodeArray<ts.Node>;
  readonly start: number;
  readonly end: number;
}

/**
 * Merges the elements of a list. They are known by their names, so that it does not matter where a side has put them;
 * the order is yours. What theirs adds goes behind what it stands behind there, and behind what you have added at the
 * same place. Where the order matters, two additions at one place are a conflict.
 *
 * @throws CannotMerge where a conflict is more than one element
 */
export function mergeList(places: Sides<ListPlace>, conflicts: Conflicts): string {
  const items = {
    base: places.base ? itemsIn(places.base) : [],
    yours: itemsIn(places.yours),
    theirs: itemsIn(places.theirs),
  };
  const merge = new ListMerge(places, items, conflicts);
  return arrange(places.yours, places.theirs, items.yours, merge.pieces());
}

function itemsIn({ source, kind, list, start, end }: ListPlace): Item[] {
  return itemsOf(source, kind, list, start, end);
}

class ListMerge {
  readonly #places: Sides<ListPlace>;
  readonly #items: { base: Item[]; yours: Item[]; theirs: Item[] };
  readonly #conflicts: Conflicts;
  /** From the base to each side. */
  readonly #yours: Matches;
  readonly #theirs: Matches;
  /** From what you have added to the same that theirs has. */
  readonly #added: Matches;

  constructor(
    places: Sides<ListPlace>,
    items: { base: Item[]; yours: Item[]; theirs: Item[] },
    conflicts: Conflicts,
  ) {
    this.#places = places;
    this.#items = items;
    this.#conflicts = conflicts;
    this.#theirs = match(items.base, items.theirs);
    this.#yours = matchEdited(items.base, items.yours, this.#theirs, items.theirs);
    pairSameRenames(items.base, this.#yours, this.#theirs, items.theirs);
    this.#added = matchNames(
      items.yours.filter((item) => !this.#yours.back(item)),
      items.theirs.filter((item) => !this.#theirs.back(item)),
    );
  }

  /** What the list consists of afterwards, in order. */
  pieces(): Piece[] {
    const pieces = this.#items.yours.flatMap((yours) => this.#ofYours(yours) ?? []);
    for (const [index, theirs] of this.#items.theirs.entries()) {
      if (this.#counterpart(theirs)) continue;
      const base = this.#theirs.back(theirs);
      if (!base) this.#insert(pieces, theirs, index);
      // You have taken it out, and it stays so.
      else if (base.meaning !== theirs.meaning) {
        throw new CannotMerge(`${theirs.name}, which you have taken out, is another one now`);
      }
    }
    this.#refuseMoves();
    this.#refuseRenames();
    return pieces;
  }

  /** @returns undefined where it is taken out */
  #ofYours(yours: Item): Piece | undefined {
    const base = this.#yours.back(yours);
    const theirs = base ? this.#theirs.of(base) : this.#added.of(yours);
    if (theirs) return this.#both(base, yours, theirs);
    if (!base) return this.#mine(yours);
    return base.meaning === yours.meaning ? undefined : this.#conflict(base, yours, undefined);
  }

  #both(base: Item | undefined, yours: Item, theirs: Item): Piece {
    if (yours.meaning === theirs.meaning || theirs.meaning === base?.meaning) {
      return this.#mine(yours);
    }
    const asTheirs = { ...pieceOf(this.#places.theirs, theirs), yours };
    const isYoursNew = yours.meaning !== base?.meaning;
    if (!isYoursNew && this.#isLaidOutAlike(base, yours)) return asTheirs;
    const mark = this.#conflicts.mark;
    try {
      return this.#mergeItem(base, yours, theirs);
    } catch (error) {
      if (!(error instanceof CannotMerge)) throw error;
      this.#conflicts.back(mark);
      if (!isYoursNew) return asTheirs;
      return this.#conflict(base, yours, theirs, error.what);
    }
  }

  /** Otherwise as little of it is replaced as can be: what is laid out your way stays so. */
  #isLaidOutAlike(base: Item | undefined, yours: Item): boolean {
    const { base: basePlace, yours: yoursPlace } = this.#places;
    if (!base || !basePlace) return false;
    return itemText(basePlace, base) === itemText(yoursPlace, yours);
  }

  #mine(yours: Item): Piece {
    return { ...pieceOf(this.#places.yours, yours), yours, theirs: undefined };
  }

  #mergeItem(base: Item | undefined, yours: Item, theirs: Item): Piece {
    const { base: basePlace, yours: yoursPlace, theirs: theirsPlace } = this.#places;
    const node = mergeNode(
      {
        base: base && basePlace && placeIn(basePlace, base),
        yours: placeIn(yoursPlace, yours),
        theirs: placeIn(theirsPlace, theirs),
      },
      this.#conflicts,
    );
    const above = this.#comment(base, yours, theirs, ({ start, nodeStart }) => [start, nodeStart]);
    const behind = this.#comment(base, yours, theirs, ({ separatorEnd, end }) => [
      separatorEnd,
      end,
    ]);
    const { body } = pieceOf(yoursPlace, yours);
    const beforeComma = body.slice(yours.nodeEnd - yours.start);
    return { yours, theirs, body: above + node + beforeComma, comment: behind };
  }

  /** The comments of an element, which are merged apart from it. */
  #comment(
    base: Item | undefined,
    yours: Item,
    theirs: Item,
    range: (item: Item) => [start: number, end: number],
  ): string {
    const text = ({ source }: ListPlace, item: Item) => source.text.slice(...range(item));
    const meaning = (place: ListPlace | undefined, item: Item | undefined) =>
      place && item ? place.source.meaning(...range(item)) : '';
    const before = meaning(this.#places.base, base);
    const here = meaning(this.#places.yours, yours);
    const there = meaning(this.#places.theirs, theirs);
    if (there === before || here === there) return text(this.#places.yours, yours);
    if (here === before) return text(this.#places.theirs, theirs);
    throw new CannotMerge(`both sides changed the comment of ${yours.name}`);
  }

  /** @throws CannotMerge where it is not whole lines */
  #conflict(
    base: Item | undefined,
    yours: Item,
    theirs: Item | undefined,
    what = theirs
      ? `both sides changed ${yours.name}`
      : `${yours.name}, which you have changed, is no longer generated`,
  ): Piece {
    const { source } = this.#places.yours;
    if (!isOnLinesOfItsOwn(source.text, yours)) throw new CannotMerge(what);
    const body = this.#conflicts.add(
      {
        line: source.lineOf(yours.start),
        what,
        yours: linesOf(this.#places.yours, yours),
        theirs: linesOf(this.#places.theirs, theirs),
      },
      linesOf(this.#places.base, base),
    );
    return { yours, theirs, body, comment: '', isConflict: true };
  }

  #insert(pieces: Piece[], theirs: Item, index: number): void {
    const list = this.#items.theirs;
    const isThere = (item: Item) => this.#placeOf(pieces, item) >= 0;
    const before =
      list.slice(0, index).findLast((item) => isComparable(theirs, item) && isThere(item)) ??
      list.slice(0, index).findLast(isThere);
    let at = before ? this.#placeOf(pieces, before) + 1 : 0;
    // What you have added there comes first.
    for (let piece = pieces[at]; piece && this.#isYourAddition(piece); piece = pieces[++at]) {
      if (theirs.isOrdered && piece.yours?.isOrdered) {
        throw new CannotMerge(
          `${piece.yours.name} and ${theirs.name} were added at the same place`,
        );
      }
    }
    if (theirs.isOrdered) this.#refuseOtherOrder(pieces, theirs, index, at);
    pieces.splice(at, 0, { ...pieceOf(this.#places.theirs, theirs), theirs });
  }

  /** Where the order matters, an addition has to stand between the same as in theirs. */
  #refuseOtherOrder(pieces: readonly Piece[], theirs: Item, index: number, at: number): void {
    if (this.#lacksNeighbour(index)) {
      throw new CannotMerge(`${theirs.name} was added next to what you have taken out`);
    }
    const isMisplaced = this.#items.theirs.some((item, place) => {
      const found = item.isOrdered && place !== index ? this.#placeOf(pieces, item) : -1;
      return found >= 0 && found < at !== place < index;
    });
    if (isMisplaced) throw new CannotMerge(`${theirs.name} was added next to what you have moved`);
  }

  #isYourAddition({ yours }: Piece): boolean {
    return yours !== undefined && !this.#yours.back(yours) && !this.#added.of(yours);
  }

  /** Whether something that an addition stands next to is no longer there in yours. */
  #lacksNeighbour(index: number): boolean {
    const list = this.#items.theirs;
    const isOld = (item: Item) => item.isOrdered && this.#theirs.back(item) !== undefined;
    return [list.slice(0, index).findLast(isOld), list.slice(index).find(isOld)].some(
      (item) => item !== undefined && !this.#counterpart(item),
    );
  }

  #placeOf(pieces: readonly Piece[], theirs: Item): number {
    const yours = this.#counterpart(theirs);
    return pieces.findIndex(
      (piece) => piece.theirs === theirs || (yours !== undefined && piece.yours === yours),
    );
  }

  #counterpart(theirs: Item): Item | undefined {
    const base = this.#theirs.back(theirs);
    return base ? this.#yours.of(base) : this.#added.back(theirs);
  }

  /** Where the order matters, one that theirs has changed must not get lost. */
  #refuseMoves(): void {
    const order = (matches: Matches) =>
      this.#items.base
        .filter((item) => item.isOrdered && this.#yours.of(item) && this.#theirs.of(item))
        .toSorted((a, b) => (matches.of(a)?.start ?? 0) - (matches.of(b)?.start ?? 0));
    const [before, there, here] = [
      order(new Same(this.#items.base)),
      order(this.#theirs),
      order(this.#yours),
    ];
    if (!isSame(there, before) && !isSame(there, here))
      throw new CannotMerge('the order was changed');
  }

  /** What neither side has any more may be there under a new name, with all that it says. */
  #refuseRenames(): void {
    const ofYours = this.#items.yours.filter(
      (item) => !this.#yours.back(item) && !this.#added.of(item),
    );
    const ofTheirs = this.#items.theirs.filter((item) => !this.#counterpart(item));
    for (const item of this.#items.base) {
      if (this.#yours.of(item) || this.#theirs.of(item)) continue;
      const renamed =
        maybeRenamed(item, [...ofYours, ...ofTheirs]) ??
        // Each side may have given it a name.
        (withSameValue(item, ofTheirs) && withSameValue(item, ofYours));
      if (!renamed) continue;
      throw new CannotMerge(
        `${item.name}, which both sides have taken out, may be ${renamed.name} now`,
      );
    }
  }
}

/** Each element is its own counterpart. */
class Same extends Matches {
  constructor(items: readonly Item[]) {
    super();
    for (const item of items) this.add(item, item);
  }
}

/** An element as it is. */
function pieceOf({ source: { text } }: ListPlace, item: Item): Piece {
  const hasComma = item.separatorEnd > item.nodeEnd;
  return {
    yours: undefined,
    theirs: undefined,
    body: text.slice(item.start, hasComma ? item.separatorEnd - 1 : item.nodeEnd).trimEnd(),
    comment: text.slice(item.separatorEnd, item.end),
  };
}

/** Whether it matters which of two comes first. */
function isComparable(one: Item, other: Item): boolean {
  return one.isOrdered && other.isOrdered;
}

function isOnLinesOfItsOwn(text: string, { start, end }: Item): boolean {
  return /(?:^|\n)[ \t]*$/.test(text.slice(0, start)) && /^[ \t]*(?:\n|$)/.test(text.slice(end));
}

function wholeLines({ text }: Source, { start, end }: Item): string {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const to = text.indexOf('\n', end);
  return `${text.slice(from, to < 0 ? undefined : to)}\n`;
}

function itemText({ source }: ListPlace, { start, end }: Item): string {
  return source.text.slice(start, end);
}

function placeIn({ source }: ListPlace, { node, nodeStart, nodeEnd, name }: Item): Place {
  if (!node) throw new CannotMerge(`both sides changed ${name}`);
  return { source, node, start: nodeStart, end: nodeEnd };
}

function linesOf(place: ListPlace | undefined, item: Item | undefined): string {
  return place && item ? wholeLines(place.source, item) : '';
}

function isSame(one: readonly Item[], other: readonly Item[]): boolean {
  return one.every((item, index) => item === other[index]);
}
