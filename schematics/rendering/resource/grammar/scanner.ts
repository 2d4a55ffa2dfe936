import type { SchematicsException } from '@angular-devkit/schematics';
import { grammarError } from './grammar-error';

/** Reads a text from left to right. */
export class Scanner {
  at = 0;

  constructor(
    readonly text: string,
    /** What the text is, for errors: `--fields`. */
    private readonly what: string,
  ) {}

  get atEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** Takes what is expected, if it is there. */
  take(expected: string): boolean {
    if (!this.text.startsWith(expected, this.at)) return false;
    this.at += expected.length;
    return true;
  }

  /**
   * Takes as much as matches, which may be nothing.
   *
   * @param pattern sticky
   */
  match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }

  /** A text in quotes, in which a quote or a backslash stands behind a backslash; undefined where none begins. */
  quoted(): string | undefined {
    const start = this.at;
    const quote = this.match(/['"]/y);
    if (quote === '') return undefined;
    let value = '';
    while (!this.take(quote)) {
      if (this.atEnd) throw this.error('the quote is not closed', start);
      this.take('\\');
      value += this.text.charAt(this.at++);
    }
    return value;
  }

  error(reason: string, at = this.at): SchematicsException {
    return grammarError(this.what, this.text, at, reason);
  }
}
