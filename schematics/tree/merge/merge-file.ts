import { CannotMerge, Conflicts } from './conflicts';
import { mergeLines } from './merge-lines';
import type { FileMerge, Versions } from './outcome';
import { bringBack } from './syntax/bring-back';
import { lostNames } from './syntax/names';
import { namesTwice } from './syntax/names-twice';
import { mergeNode } from './syntax/merge-node';
import { Source } from './syntax/source';
import { matchTextStyle, plainText, sameText } from '../text-style';

/** Lays a text out as the project does. Throws for what it cannot read. */
export type Layout = (text: string) => Promise<string>;

/**
 * Merges what would be generated now into a file that a team has edited. Its text is taken apart into declarations,
 * members and elements, and each is merged by itself; how it is laid out does not matter. What cannot be decided is a
 * conflict, and never a guess.
 *
 * @param path tells the language
 * @param layout in that of the project
 */
export async function mergeFile(
  path: string,
  { base, yours, theirs }: Versions,
  layout: Layout,
): Promise<FileMerge> {
  if (theirs === undefined) return withoutTheirs({ base, yours }, layout);
  if (yours === undefined) {
    if (base === undefined) return { kind: 'created', text: theirs, conflicts: [] };
    return sameText(base, theirs) ? UNCHANGED : { kind: 'gone', conflicts: [] };
  }
  if (sameText(yours, theirs) || (base !== undefined && sameText(base, theirs))) return UNCHANGED;
  if (base !== undefined && sameText(base, yours)) {
    return { kind: 'replaced', text: matchTextStyle(theirs, yours), conflicts: [] };
  }
  const merged = await mergeTexts(path, { base, yours: plainText(yours), theirs }, layout);
  if (merged.kind === 'unchanged' || merged.text === undefined) return merged;
  const text = matchTextStyle(merged.text, yours);
  return text === yours ? UNCHANGED : { ...merged, text };
}

const UNCHANGED: FileMerge = { kind: 'unchanged', conflicts: [] };

async function withoutTheirs(
  { base, yours }: Omit<Versions, 'theirs'>,
  layout: Layout,
): Promise<FileMerge> {
  if (yours === undefined || base === undefined) return UNCHANGED;
  const isSame =
    sameText(base, yours) ||
    (await laidOut(plainText(base), layout)) === (await laidOut(plainText(yours), layout));
  if (isSame) return { kind: 'deleted', conflicts: [] };
  const what = 'it is no longer generated, and you have changed it';
  return { kind: 'conflict', conflicts: [{ line: 1, what, yours, theirs: '' }] };
}

interface Texts {
  readonly base: string | undefined;
  readonly yours: string;
  readonly theirs: string;
}

async function mergeTexts(path: string, texts: Texts, layout: Layout): Promise<FileMerge> {
  const { yours } = texts;
  if (SYNTAX.test(path) && !Source.parse(path, yours)) {
    const what = 'it has syntax errors, or conflicts that are not resolved';
    return { kind: 'conflict', conflicts: [{ line: 1, what, yours: '', theirs: '' }] };
  }
  // As the project lays them out: what differs then was changed by somebody.
  const base = texts.base === undefined ? undefined : await laidOut(plainText(texts.base), layout);
  const theirs = await laidOut(plainText(texts.theirs), layout);
  const conflicts = new Conflicts(base, yours, theirs);
  const merged = mergeAs(path, { base, yours, theirs }, conflicts);
  if (conflicts.all.length > 0) {
    return { kind: 'conflict', text: merged, conflicts: conflicts.all };
  }
  const isLaidOut = (await laidOut(yours, layout)) === yours;
  return {
    kind: merged === yours ? 'unchanged' : 'merged',
    text: isLaidOut ? await laidOut(merged, layout) : merged,
    conflicts: [],
  };
}

function mergeAs(path: string, texts: Texts, conflicts: Conflicts): string {
  const { base = '', yours, theirs } = texts;
  if (!SYNTAX.test(path)) return mergeLines(base, yours, theirs, conflicts);
  try {
    return mergeSyntax(path, texts, conflicts);
  } catch (error) {
    if (!(error instanceof CannotMerge)) throw error;
    return showConflict(texts, conflicts, error.what);
  }
}

/** Line by line where that shows where it is; otherwise the whole file. */
function showConflict(
  { base = '', yours, theirs }: Texts,
  conflicts: Conflicts,
  what: string,
): string {
  conflicts.back(0);
  const lines = mergeLines(base, yours, theirs, conflicts, what);
  return conflicts.all.length > 0 ? lines : conflicts.add({ line: 1, what, yours, theirs }, base);
}

const SYNTAX = /\.(?:[cm]?[jt]s|jsonc?)$/;

async function laidOut(text: string, layout: Layout): Promise<string> {
  try {
    return await layout(text);
  } catch {
    return text;
  }
}

function mergeSyntax(path: string, texts: Texts, conflicts: Conflicts): string {
  const base = texts.base === undefined ? undefined : Source.parse(path, texts.base);
  const yours = Source.parse(path, texts.yours);
  const theirs = Source.parse(path, texts.theirs);
  if (!yours || !theirs || (texts.base !== undefined && !base)) {
    throw new CannotMerge('it does not parse');
  }
  const merged = mergeNode(
    { base: base && whole(base), yours: whole(yours), theirs: whole(theirs) },
    conflicts,
  );
  return conflicts.all.length > 0 ? merged : complete(path, merged, [theirs, yours]);
}

function whole(source: Source) {
  return { source, node: source.file, start: 0, end: source.text.length };
}

/** With the imports that one side has dropped and the other uses. */
function complete(path: string, merged: string, sides: readonly Source[]): string {
  let text = merged;
  for (let tries = 0; tries < MOST_IMPORTS; tries++) {
    const result = Source.parse(path, text);
    if (!result) throw new CannotMerge('what both sides changed does not fit together');
    const [twice] = namesTwice(result);
    if (twice !== undefined) throw new CannotMerge(`both sides have ${twice}`);
    const [lost] = lostNames(result, sides);
    if (!lost) return text;
    if (!lost.from)
      throw new CannotMerge(`one side uses ${lost.name}, which the other has taken out`);
    text = bringBack(result, lost.from);
  }
  throw new CannotMerge('what both sides changed does not fit together');
}

const MOST_IMPORTS = 100;
