import { diffIndices } from 'node-diff3';

/**
 * A text of the team with the names that a rename gives, wherever it still has what was generated with the old ones.
 * What the team has written itself is left alone: another thing may be called the same.
 *
 * @param before as it is generated with the old names
 * @param after the same with the new ones, and nothing else changed
 */
export function followRenames(before: string, after: string, yours: string): string {
  const [was, now, here] = [wordsOf(before), wordsOf(after), wordsOf(yours)];
  const renamed = replacements(was, now);
  if (renamed.size === 0) return yours;
  const kept = unchanged(was, here);
  let text = '';
  let end = 0;
  for (const [index, name] of [...renamed].toSorted(([a], [b]) => a - b)) {
    const place = kept.get(index);
    const word = place === undefined ? undefined : here[place];
    if (place === undefined || word === undefined) continue;
    // A word alone may be the same by chance.
    if (kept.get(index - 1) !== place - 1 && kept.get(index + 1) !== place + 1) continue;
    text += yours.slice(end, word.at) + name;
    end = word.at + word.text.length;
  }
  return text + yours.slice(end);
}

interface Word {
  readonly text: string;
  readonly at: number;
}

function wordsOf(text: string): Word[] {
  return [...text.matchAll(/[\w$]+|[^\w$\s]/g)].map((match) => ({
    text: match[0],
    at: match.index,
  }));
}

function textsOf(words: readonly Word[]): string[] {
  return words.map(({ text }) => text);
}

/** The words that are another one afterwards, by where they stand before. */
function replacements(was: readonly Word[], now: readonly Word[]): Map<number, string> {
  const found = new Map<number, string>();
  for (const { buffer1, buffer2 } of diffIndices(textsOf(was), textsOf(now))) {
    const [from, length] = buffer1;
    const [to, lengthNow] = buffer2;
    // Laid out otherwise as well: nobody can tell which word became which.
    if (length !== lengthNow) continue;
    for (let step = 0; step < length; step++) {
      const name = now[to + step]?.text;
      if (name !== undefined) found.set(from + step, name);
    }
  }
  return found;
}

/** Where the words that both have stand in the second. */
function unchanged(was: readonly Word[], here: readonly Word[]): Map<number, number> {
  const kept = new Map<number, number>();
  let [index, place] = [0, 0];
  const keepUntil = (end: number): void => {
    while (index < end) kept.set(index++, place++);
  };
  for (const { buffer1, buffer2 } of diffIndices(textsOf(was), textsOf(here))) {
    keepUntil(buffer1[0]);
    index = buffer1[0] + buffer1[1];
    place = buffer2[0] + buffer2[1];
  }
  keepUntil(was.length);
  return kept;
}
