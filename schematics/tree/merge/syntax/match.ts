import { ts } from 'ts-morph';
import type { Item } from './items';

/** Which elements of two lists are the same one. Both ways. */
export class Matches {
  readonly #there = new Map<Item, Item>();
  readonly #back = new Map<Item, Item>();

  add(one: Item, other: Item): void {
    this.#there.set(one, other);
    this.#back.set(other, one);
  }

  /** The counterpart of an element of the first list. */
  of(one: Item): Item | undefined {
    return this.#there.get(one);
  }

  /** The counterpart of an element of the second list. */
  back(other: Item): Item | undefined {
    return this.#back.get(other);
  }
}

/** How much of two elements has to be the same for one to be the other under a new name: what git takes. */
const ALIKE = 0.75;

/** Tokens of the shortest one of which that means something: two empty methods are alike. */
const LONG_ENOUGH = 10;

/** Fewer are enough to be in doubt: a property with one decorator. */
const LONG_ENOUGH_TO_DOUBT = 8;

/**
 * Finds the elements of what was generated in what is generated now: by their keys, and those without names by where
 * they stand between others.
 */
export function match(from: readonly Item[], to: readonly Item[]): Matches {
  const matches = matchNames(from, to);
  pairUnnamed(from, to, matches);
  return matches;
}

/**
 * The same in what people have made of it: also those to which they gave another name, where only one may be it. What
 * theirs has under that name beside the old one is another one.
 */
export function matchEdited(
  from: readonly Item[],
  to: readonly Item[],
  theirs: Matches,
  ofTheirs: readonly Item[],
): Matches {
  const added = new Set(ofTheirs.filter((item) => !theirs.back(item)).map(({ key }) => key));
  const matches = match(from, to);
  pairRenamed(from, to, matches, (item, other) => !theirs.of(item) || !added.has(other.key));
  return matches;
}

/** To what you gave a new name, theirs may have given the same one. */
export function pairSameRenames(
  base: readonly Item[],
  yours: Matches,
  theirs: Matches,
  ofTheirs: readonly Item[],
): void {
  const added = new Map(
    ofTheirs.filter((item) => !theirs.back(item)).map((item) => [item.key, item]),
  );
  for (const item of base) {
    const renamed = yours.of(item);
    const same = renamed && added.get(renamed.key);
    if (same && !theirs.of(item)) theirs.add(item, same);
  }
}

/** Finds those that are called the same. */
export function matchNames(from: readonly Item[], to: readonly Item[]): Matches {
  const matches = new Matches();
  const byKey = new Map(to.map((item) => [item.key, item]));
  for (const item of from) {
    const found = byKey.get(item.key);
    if (found) matches.add(item, found);
  }
  return matches;
}

/** Runs of statements between the same two others, as many here as there: each was edited where it stands. */
function pairUnnamed(from: readonly Item[], to: readonly Item[], matches: Matches): void {
  const runs = new Map<Item | undefined, Item[]>();
  let before: Item | undefined;
  for (const item of to) {
    if (matches.back(item)) before = item;
    else if (!item.isKeyed) runs.set(before, [...(runs.get(before) ?? []), item]);
  }
  let run: Item[] = [];
  let anchor: Item | undefined;
  const close = (): void => {
    const there = runs.get(anchor) ?? [];
    if (there.length !== run.length) return;
    for (const [index, item] of run.entries()) {
      const other = there[index];
      if (other && other.node?.kind === item.node?.kind) matches.add(item, other);
    }
  };
  for (const item of from) {
    const counterpart = matches.of(item);
    if (counterpart) {
      close();
      [run, anchor] = [[], counterpart];
    } else if (!item.isKeyed) run.push(item);
  }
  close();
}

function pairRenamed(
  from: readonly Item[],
  to: readonly Item[],
  matches: Matches,
  mayBe: (item: Item, other: Item) => boolean,
): void {
  const left = from.filter((item) => isLong(item) && !matches.of(item));
  const right = to.filter((item) => isLong(item) && !matches.back(item));
  for (const item of left) {
    const [only, ...others] = candidates(item, right).filter((other) => mayBe(item, other));
    if (!only || others.length > 0) continue;
    if (candidates(only, left).filter((other) => mayBe(other, only)).length > 1) continue;
    matches.add(item, only);
  }
}

/** The share of what two elements say that both say, names of their own included. */
export function alike(one: Item, other: Item): number {
  const words = one.meaning.split(' ');
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const others = other.meaning.split(' ');
  let both = 0;
  for (const word of others) {
    const count = counts.get(word) ?? 0;
    if (count === 0) continue;
    both++;
    counts.set(word, count - 1);
  }
  return (2 * both) / (words.length + others.length);
}

function isLong({ node, meaning }: Item, enough = LONG_ENOUGH): boolean {
  return node !== undefined && meaning.split(' ').length >= enough;
}

/** What may be an element under another name, though that is not certain enough to merge them. */
export function maybeRenamed(item: Item, others: readonly Item[]): Item | undefined {
  return (
    withSameValue(item, others, TELLING) ??
    (isLong(item, LONG_ENOUGH_TO_DOUBT) ? candidates(item, others)[0] : undefined)
  );
}

/** Characters of the shortest value that two properties do not have by chance. */
const TELLING = 8;

/** A property of another name that is given the same, where that has so many characters. */
export function withSameValue(item: Item, others: readonly Item[], enough = 1): Item | undefined {
  const value = valueOf(item);
  return value.length >= enough ? others.find((other) => valueOf(other) === value) : undefined;
}

/** What a property is given; nothing for what is no property. */
function valueOf({ node, meaning }: Item): string {
  if (node?.kind !== ts.SyntaxKind.PropertyAssignment) return '';
  return /^\S+ : (.*?)(?: ,)?$/.exec(meaning)?.[1] ?? '';
}

function candidates(item: Item, others: readonly Item[]): Item[] {
  return others.filter(
    (other) => other.node?.kind === item.node?.kind && alike(item, other) >= ALIKE,
  );
}
