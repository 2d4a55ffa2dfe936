/** Statements of the runtime that go out in front of somebody's, in the same transaction. */
export interface Prelude {
  /** As messages without a Sync. */
  readonly messages: Buffer;
  /** How many statements the messages are. */
  readonly count: number;
  /** As statements of a text. */
  readonly statements: readonly string[];
}

/** All of them, one behind the other; undefined where there is none. */
export function joinPreludes(...given: readonly (Prelude | undefined)[]): Prelude | undefined {
  const preludes = given.filter((prelude) => prelude !== undefined);
  if (preludes.length <= 1) return preludes[0];
  return {
    messages: Buffer.concat(preludes.map(({ messages }) => messages)),
    count: preludes.reduce((sum, { count }) => sum + count, 0),
    statements: preludes.flatMap(({ statements }) => statements),
  };
}
