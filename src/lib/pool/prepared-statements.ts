import { createHash } from 'node:crypto';
import { FrequencySketch } from './frequency-sketch.js';

/** How many statements are kept prepared on one connection. */
export interface PreparedStatementLimits {
  readonly maxStatements: number;
  /** Of their texts together. */
  readonly maxBytes: number;
}

/** A statement of a tenant. */
export interface StatementOfSchema {
  /** As it was written, for any tenant. */
  readonly source: string;
  /** The schema that it is about. */
  readonly schema: string;
  /** Of both. */
  readonly hash: number;
  /** As it is sent: put together of both. */
  readonly text: string;
}

/** A statement that is prepared on a connection, or is about to be. */
export interface PreparedStatement extends StatementOfSchema {
  readonly name: string;
  readonly bytes: number;
  /** When it was prepared, of performance.now(). */
  readonly since: number;
  /** Whether the server has it: until then it is sent along. */
  isParsed: boolean;
  /**
   * What its rows are, as the server has described them; null where it has none. The server refuses a
   * statement whose rows have become others, so that it need not be asked again.
   */
  rows: object | null | undefined;
}

/** With how many uses a statement is prepared, if there is room. */
const USES = 2;

/**
 * After how long a statement is prepared anew. The types of its parameters are those of when it was
 * prepared; where columns have changed since, and a cast leads from the old type to the new one, the
 * server says nothing. Migrations that are heard of are not waited for: this is for all others.
 */
const REFRESHED_AFTER_MS = 60_000;

/** Of so many that are looked at, the least used one makes room. */
const SAMPLE = 8;

/** Statements for each that takes the place of another: what does not fit must not cost. */
const USES_PER_EVICTION = 32;

/**
 * The statements that are prepared on one connection. The server parses and plans what is not prepared
 * anew each time, which for a read by primary key is most of its work.
 *
 * Only what repeats is prepared: what was used often enough lately, and more often than what it takes
 * the place of. With more statements than fit, all used alike, those that are there stay.
 *
 * A name is made of the text, which says whose schema it is about. So it stands for the same statement
 * on whichever connection of the server it is met, also behind a pooler that hands them from one
 * client to the next. (node-postgres tells the server no parameter types; the text decides of them.)
 */
export class PreparedStatements {
  readonly #limits: PreparedStatementLimits;
  readonly #sketch: FrequencySketch;
  /**
   * By what they are put together of, and not by their text: that is made anew for each use, and would
   * have to be read as a whole to be found.
   */
  readonly #bySource = new Map<string, Map<string, PreparedStatement>>();
  readonly #statements = new Set<PreparedStatement>();
  /** Looks at one after the other for what is to make room. */
  #hand: Iterator<PreparedStatement> | undefined;
  #bytes = 0;
  #allowance = 0;
  #toClose: string[] = [];

  constructor(limits: PreparedStatementLimits) {
    this.#limits = limits;
    this.#sketch = new FrequencySketch(limits.maxStatements);
  }

  /** How many there are. */
  get size(): number {
    return this.#statements.size;
  }

  /**
   * Counts a use of a statement.
   *
   * @returns undefined where it is better sent as it is
   */
  use({ source, schema, hash, text }: StatementOfSchema): PreparedStatement | undefined {
    if (this.#allowance < USES_PER_EVICTION) this.#allowance++;
    const known = this.#bySource.get(source)?.get(schema);
    const uses = this.#sketch.use(hash);
    const now = performance.now();
    if (known && now - known.since < REFRESHED_AFTER_MS) return known;
    if (known) this.forget(known);
    const bytes = Buffer.byteLength(text);
    if (uses < USES || !this.#makeRoom(bytes, uses)) return undefined;
    const statement = {
      name: nameOf(text, source),
      source,
      text,
      bytes,
      schema,
      hash,
      since: now,
      isParsed: false,
      rows: undefined,
    };
    this.#add(statement);
    return statement;
  }

  /** Names of statements that nobody needs any more, to be closed with what is sent next. */
  takeClosed(): readonly string[] {
    if (this.#toClose.length === 0) return NONE;
    const names = this.#toClose;
    this.#toClose = [];
    return names;
  }

  /** Is prepared anew where it is used again: it no longer fits, or was not prepared after all. */
  forget(statement: PreparedStatement): void {
    if (!this.#statements.delete(statement)) return;
    const { source, schema } = statement;
    const ofSource = this.#bySource.get(source);
    ofSource?.delete(schema);
    if (ofSource?.size === 0) this.#bySource.delete(source);
    this.#bytes -= statement.bytes;
    this.#toClose.push(statement.name);
  }

  /** The same with all that are about a schema. */
  forgetSchema(schema: string): void {
    for (const statement of this.#statements) {
      if (statement.schema === schema) this.forget(statement);
    }
  }

  /** The same with all of them: the server may have lost them. */
  forgetAll(): void {
    for (const statement of this.#statements) this.forget(statement);
  }

  #add(statement: PreparedStatement): void {
    const { source, schema } = statement;
    const ofSource = this.#bySource.get(source);
    if (ofSource) ofSource.set(schema, statement);
    else this.#bySource.set(source, new Map([[schema, statement]]));
    this.#statements.add(statement);
    this.#bytes += statement.bytes;
  }

  #makeRoom(bytes: number, uses: number): boolean {
    const { maxStatements, maxBytes } = this.#limits;
    if (bytes > maxBytes) return false;
    while (this.#statements.size >= maxStatements || this.#bytes + bytes > maxBytes) {
      if (this.#allowance < USES_PER_EVICTION) return false;
      const victim = this.#leastUsed();
      if (!victim || this.#sketch.estimate(victim.hash) >= uses) return false;
      // What needs the room of several does without.
      if (this.#bytes - victim.bytes + bytes > maxBytes) return false;
      this.#allowance = 0;
      this.forget(victim);
    }
    return true;
  }

  #leastUsed(): PreparedStatement | undefined {
    let least: PreparedStatement | undefined;
    let fewest = Infinity;
    for (let looks = 0; looks < SAMPLE; looks++) {
      const statement = this.#next();
      if (!statement) return least;
      const uses = this.#sketch.estimate(statement.hash);
      if (uses < fewest) [least, fewest] = [statement, uses];
    }
    return least;
  }

  #next(): PreparedStatement | undefined {
    for (let rounds = 0; rounds < 2; rounds++) {
      this.#hand ??= this.#statements.values();
      const { value, done } = this.#hand.next();
      if (!done) return value;
      this.#hand = undefined;
    }
    return undefined;
  }
}

const NONE: readonly string[] = [];

/**
 * 128 bits of it: nobody finds two texts of one name, not even on purpose. What was written goes into
 * it as well, since two that name a tenant's schema in different places become the same text.
 */
function nameOf(text: string, source: string): string {
  const hash = createHash('sha256').update(text).update('\0').update(source);
  return `mt_${hash.digest('base64url').slice(0, 22)}`;
}
