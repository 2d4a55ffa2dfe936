import { createHash } from 'node:crypto';
import type { RenderedFiles } from '../../rendering/render';

/**
 * What was generated, as one text to be committed.
 *
 * Each line begins with a few digits that stand for its file. Without them git takes a file that was moved or deleted
 * for its copy in here, and merges a colleague's edit into that; and it takes two files that are much alike for one.
 *
 * @param files project-relative path → text
 */
export function baseText(files: RenderedFiles): string {
  const sections = [...files]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, text]) => section(path, text));
  return `${HEAD}\n${sections.join('')}`;
}

const HEAD =
  '# What was generated, for @mt/schematics to merge with what is generated later. Commit it, and leave it as it is.';

function section(path: string, text: string): string {
  const digits = digitsOf(path);
  const ends = text.endsWith('\n');
  const lines = (ends ? text.slice(0, -1) : text).split('\n');
  return `\n${digits} ${ends ? 'file' : 'file without a last newline'} ${path}\n${lines
    .map((line) => `${digits}|${line}\n`)
    .join('')}`;
}

function digitsOf(path: string): string {
  return createHash('sha256').update(path).digest('hex').slice(0, 6);
}

/** Something in the text that nobody has generated: markers of a conflict, an edit, half a file. */
export class DamagedBase extends Error {
  /** @param line from 1 */
  constructor(readonly line: number) {
    super(`line ${line} is not as it was written`);
  }
}

/**
 * Reads what {@link baseText} has written.
 *
 * @throws DamagedBase
 */
export function readBaseText(text: string): Map<string, string> {
  const files = new Map<string, string>();
  let current: { path: string; digits: string; ends: boolean; lines: string[] } | undefined;
  const close = (): void => {
    if (!current) return;
    files.set(current.path, current.lines.join('\n') + (current.ends ? '\n' : ''));
    current = undefined;
  };
  for (const [index, line] of text.replaceAll('\r\n', '\n').split('\n').entries()) {
    if (line === '' || line.startsWith('# ')) {
      close();
      continue;
    }
    const [, digits = '', without, path] =
      /^([0-9a-f]{6}) file( without a last newline)? (.+)$/.exec(line) ?? [];
    if (path !== undefined && digits === digitsOf(path) && !files.has(path)) {
      close();
      current = { path, digits, ends: without === undefined, lines: [] };
    } else if (current && line.startsWith(`${current.digits}|`)) {
      current.lines.push(line.slice(current.digits.length + 1));
    } else {
      throw new DamagedBase(index + 1);
    }
  }
  close();
  return files;
}
