import type { Conflict } from './outcome';

/** Something that cannot be decided where it is, but perhaps around it. */
export class CannotMerge extends Error {
  /** @param what in words, of what both sides have changed */
  constructor(readonly what: string) {
    super(what);
  }
}

/** The conflicts of a file, as they are found. */
export class Conflicts {
  readonly #found: Conflict[] = [];
  /** Longer than anything in the texts that looks like a marker. */
  readonly #length: number;

  constructor(...texts: (string | undefined)[]) {
    const runs = texts.flatMap((text) => text?.match(/^(?:<{7,}|={7,}|>{7,}|\|{7,})/gm) ?? []);
    this.#length = Math.max(7, ...runs.map(({ length }) => length + 1));
  }

  get all(): readonly Conflict[] {
    return this.#found;
  }

  /** For {@link back}: what is found from here on may turn out to be part of something larger. */
  get mark(): number {
    return this.#found.length;
  }

  back(mark: number): void {
    this.#found.length = mark;
  }

  /** @returns whole lines that show all sides, as git does with `merge.conflictStyle=diff3` */
  add(conflict: Conflict, base: string): string {
    this.#found.push(conflict);
    const marker = (sign: string, label = '') =>
      `${sign.repeat(this.#length)}${label && ` ${label}`}\n`;
    return [
      marker('<', 'yours'),
      lines(conflict.yours),
      marker('|', 'generated before'),
      lines(base),
      marker('='),
      lines(conflict.theirs),
      marker('>', 'generated now').trimEnd(),
    ].join('');
  }
}

function lines(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`;
}
