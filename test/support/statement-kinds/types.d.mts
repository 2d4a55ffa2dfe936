/** A source of numbers; the same for the same seed. */
export interface Random {
  /** A whole number from 0 up to, but not including, `limit`. */
  below(limit: number): number;
}

/** A row, or what was made of one. */
export interface OwnedRow {
  /** The slug of the tenant that the row belongs to. */
  readonly owner: string;
}

/** One way in which a library sends statements. */
export interface StatementKind {
  readonly name: string;
  /**
   * Sends the statements, as the tenant that is in context.
   *
   * @param tenant the slug of that tenant, which is what is written
   * @returns the rows that were read; one with another owner is a leak
   */
  run(tenant: string, random: Random): Promise<OwnedRow[]>;
}

/** All the ways of a library. */
export interface StatementKinds {
  readonly kinds: readonly StatementKind[];
  close(): Promise<void>;
}
