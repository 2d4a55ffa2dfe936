import type { ts } from 'ts-morph';
import { CannotMerge, type Conflicts } from '../conflicts';
import { mergeList } from './merge-list';
import { isList, partsOf, type Parts, type Segment } from './segments';
import type { Source } from './source';

/** A node in one of the three texts, with all that belongs to it. */
export interface Place {
  readonly source: Source;
  readonly node: ts.Node;
  readonly start: number;
  readonly end: number;
}

/** The three sides of one place. Without a base both sides have added it. */
export interface Sides<T> {
  readonly base: T | undefined;
  readonly yours: T;
  readonly theirs: T;
}

/**
 * Merges a node by its parts: each that only one side has changed is as that side has it, lists are merged by their
 * elements, and the rest by its parts in turn.
 *
 * @returns its text, which is yours wherever theirs has nothing to say
 * @throws CannotMerge where both sides changed the same
 */
export function mergeNode({ base, yours, theirs }: Sides<Place>, conflicts: Conflicts): string {
  const easy = easyText({ base, yours, theirs });
  if (easy !== undefined && !isLaidOutOtherwise({ base, yours, theirs }, easy)) return easy;
  if (yours.node.kind !== theirs.node.kind || (base && base.node.kind !== yours.node.kind)) {
    if (easy !== undefined) return easy;
    throw new CannotMerge('both sides changed it into something else');
  }
  const parts = {
    base: base && partsIn(base),
    yours: partsIn(yours),
    theirs: partsIn(theirs),
  };
  if (parts.yours.segments.length === 0 || parts.theirs.segments.length === 0) {
    if (easy !== undefined) return easy;
    throw new CannotMerge('both sides changed it');
  }
  try {
    return mergeParts({ base, yours, theirs }, parts, conflicts);
  } catch (error) {
    if (easy === undefined || !(error instanceof CannotMerge)) throw error;
    return easy;
  }
}

/** Whether theirs would take the place of what says what was generated, and is laid out another way. */
function isLaidOutOtherwise(
  { base, yours, theirs }: Sides<Omit<Place, 'node'>>,
  text: string,
): boolean {
  return (
    base !== undefined &&
    text === textOf(theirs) &&
    text !== textOf(yours) &&
    textOf(base) !== textOf(yours)
  );
}

function partsIn({ source, node, start, end }: Place): Parts {
  return partsOf(source, node, start, end);
}

/** The text where at least two of the three are the same. */
export function easyText({ base, yours, theirs }: Sides<Omit<Place, 'node'>>): string | undefined {
  const meanings = {
    base: base?.source.meaning(base.start, base.end),
    yours: yours.source.meaning(yours.start, yours.end),
    theirs: theirs.source.meaning(theirs.start, theirs.end),
  };
  if (meanings.yours === meanings.theirs || meanings.theirs === meanings.base) return textOf(yours);
  return meanings.yours === meanings.base ? textOf(theirs) : undefined;
}

export function textOf({ source, start, end }: Omit<Place, 'node'>): string {
  return source.text.slice(start, end);
}

function mergeParts(places: Sides<Place>, parts: Sides<Parts>, conflicts: Conflicts): string {
  const ofBase = byRole(parts.base);
  const ofYours = byRole(parts.yours);
  const ofTheirs = byRole(parts.theirs);
  let text = '';
  for (const role of rolesOf(parts)) {
    text += mergeSegment(
      places,
      { base: ofBase.get(role), yours: ofYours.get(role), theirs: ofTheirs.get(role) },
      conflicts,
    );
  }
  return text + mergeRange(places, tails(places, parts));
}

/** All there are, in the order in which a node of the kind has them. */
function rolesOf({ yours, theirs }: Sides<Parts>): string[] {
  const roles = theirs.segments.map(({ role }) => role);
  let at = 0;
  for (const { role } of yours.segments) {
    const known = roles.indexOf(role);
    if (known >= 0) at = known + 1;
    else roles.splice(at++, 0, role);
  }
  return roles;
}

function byRole(parts: Parts | undefined): Map<string, Segment> {
  return new Map(parts?.segments.map((segment) => [segment.role, segment]));
}

interface OptionalSegments {
  readonly base: Segment | undefined;
  readonly yours: Segment | undefined;
  readonly theirs: Segment | undefined;
}

function mergeSegment(
  places: Sides<Place>,
  { base, yours, theirs }: OptionalSegments,
  conflicts: Conflicts,
): string {
  if (!yours || !theirs) return mergeOptional(places, { base, yours, theirs });
  const ranges = rangesOf(places, { base, yours, theirs });
  const whole = easyText(ranges);
  if (whole !== undefined && !isLaidOutOtherwise(ranges, whole)) return whole;
  const lead = mergeRange(places, {
    base: base && front(base),
    yours: front(yours),
    theirs: front(theirs),
  });
  return lead + mergeChild(places, { base, yours, theirs }, conflicts);
}

function mergeChild(places: Sides<Place>, segments: Sides<Segment>, conflicts: Conflicts): string {
  const { base, yours, theirs } = segments;
  const lists =
    isList(yours.child) && isList(theirs.child) && (base === undefined || isList(base.child));
  if (lists) return mergeList(listSides(places, segments), conflicts);
  const nodeAt = (place: Place, { child, inner, end }: Segment): Place => {
    if (isList(child)) throw new CannotMerge('both sides changed it into something else');
    return { source: place.source, node: child, start: inner, end };
  };
  return mergeNode(
    {
      base: base && places.base && nodeAt(places.base, base),
      yours: nodeAt(places.yours, yours),
      theirs: nodeAt(places.theirs, theirs),
    },
    conflicts,
  );
}

function listSides(places: Sides<Place>, segments: Sides<Segment>) {
  const side = ({ source, node }: Place, { role, child, inner, end }: Segment) => ({
    source,
    kind: { parent: node, role },
    list: child as ts.NodeArray<ts.Node>,
    start: inner,
    end,
  });
  return {
    base: places.base && segments.base && side(places.base, segments.base),
    yours: side(places.yours, segments.yours),
    theirs: side(places.theirs, segments.theirs),
  };
}

/** A part that one side does not have: it was added or taken out, or both did something to it. */
function mergeOptional({ base, yours, theirs }: Sides<Place>, segments: OptionalSegments): string {
  const meaning = (place: Place | undefined, segment: Segment | undefined): string =>
    place && segment ? place.source.meaning(segment.start, segment.end) : '';
  const before = meaning(base, segments.base);
  const here = meaning(yours, segments.yours);
  const there = meaning(theirs, segments.theirs);
  if (there === before || here === there) return textIn(yours, segments.yours);
  if (here === before) return textIn(theirs, segments.theirs);
  throw new CannotMerge('both sides changed it');
}

function textIn({ source }: Place, segment: Segment | undefined): string {
  return segment ? source.text.slice(segment.start, segment.end) : '';
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function tails({ base, yours, theirs }: Sides<Place>, parts: Sides<Parts>): Sides<Range> {
  return {
    base: base && parts.base && { start: parts.base.tail, end: base.end },
    yours: { start: parts.yours.tail, end: yours.end },
    theirs: { start: parts.theirs.tail, end: theirs.end },
  };
}

function rangesOf(places: Sides<Place>, ranges: Sides<Range>): Sides<Omit<Place, 'node'>> {
  const at = ({ source }: Place, { start, end }: Range) => ({ source, start, end });
  return {
    base: places.base && ranges.base && at(places.base, ranges.base),
    yours: at(places.yours, ranges.yours),
    theirs: at(places.theirs, ranges.theirs),
  };
}

function mergeRange(places: Sides<Place>, ranges: Sides<Range>): string {
  const text = easyText(rangesOf(places, ranges));
  if (text === undefined) throw new CannotMerge('both sides changed it');
  return text;
}

/** The tokens in front of a part: a colon, a brace. */
function front({ start, inner }: Segment): Range {
  return { start, end: inner };
}
