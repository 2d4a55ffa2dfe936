import { diff3Merge } from 'node-diff3';
import type { Conflicts } from './conflicts';

/** Merges texts line by line, as git does. */
export function mergeLines(
  base: string,
  yours: string,
  theirs: string,
  conflicts: Conflicts,
  what = 'both sides changed these lines',
): string {
  const regions = diff3Merge(linesOf(yours), linesOf(base), linesOf(theirs), {
    excludeFalseConflicts: true,
  });
  let line = 1;
  let text = '';
  for (const region of regions) {
    if (region.ok) {
      text += region.ok.join('');
      line += region.ok.length;
    } else if (region.conflict) {
      const { a, o, b } = region.conflict;
      const mine = a.join('');
      text += `${conflicts.add({ line, what, yours: mine, theirs: b.join('') }, o.join(''))}\n`;
      line += a.length;
    }
  }
  return text;
}

/** Each with its end, so that the last one without is another line than the same with it. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
