/** The three texts of a file. Undefined where it is not there. */
export interface Versions {
  /** What was generated when the file was last brought up to date. */
  readonly base: string | undefined;
  /** What the team has made of it. */
  readonly yours: string | undefined;
  /** What would be generated now. */
  readonly theirs: string | undefined;
}

/** A place where both sides say something, and not the same. */
export interface Conflict {
  /** In the file as it is, from 1. */
  readonly line: number;
  /** In words, for a list. */
  readonly what: string;
  /** Empty where it was taken out. */
  readonly yours: string;
  readonly theirs: string;
}

/** What came of merging a file. */
export interface FileMerge {
  /**
   * - `unchanged`: the file stays as it is, byte for byte
   * - `created`, `replaced`, `deleted`: it is as generated now; nobody had edited it
   * - `merged`: it has what both sides changed
   * - `gone`: the team has deleted what would be another one now, and it stays so
   * - `conflict`: see `conflicts`; `text` has them marked, as git marks them
   */
  readonly kind: 'unchanged' | 'created' | 'replaced' | 'merged' | 'deleted' | 'gone' | 'conflict';
  /** The new text of the file; undefined where it is not written. */
  readonly text?: string;
  readonly conflicts: readonly Conflict[];
}
