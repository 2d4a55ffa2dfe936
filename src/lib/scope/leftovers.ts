import type { Analysis } from '../sql/analysis.js';

/** For how long an answer is believed, at least. */
const BELIEVED_MS = 5_000;

/** An answer is believed for so many times as long as it took: a catalog may be large. */
const TIMES_AS_LONG = 50;

/** A question that has no answer by then was lost with its connection. */
const LOST_MS = 60_000;

const MOST_NAMES = 10_000;

/** Commands that run no code of the database, whatever they name. */
const RUNS_NOTHING: ReadonlySet<string> = new Set([
  'comment',
  'grant',
  'lock',
  'notify',
  'revoke',
  'show',
]);

/**
 * Whether code in a database may leave something on the connection that it ran on: its functions are
 * not seen in the statements that call them, by their names, by triggers, views or defaults. Most
 * databases have no such code, and then it costs nothing.
 *
 * The question goes with a statement that has a name which was not seen before, since it may be that
 * of a new function; and from time to time.
 */
export class Leftovers {
  #found = false;
  /** Whether something was named since of which it is not known. */
  #doubtful = false;
  #believedUntil = 0;
  #asked: Question | undefined;
  readonly #seen = new WeakSet<Analysis>();
  readonly #names = new Set<string>();

  /** Whether the database is known to have such code. */
  get known(): boolean {
    return this.#found;
  }

  /** Whether it may have, for all that is known. */
  get possible(): boolean {
    return this.#found || this.#doubtful;
  }

  /**
   * The question, where this statement has to bring it along.
   *
   * @param mayAsk whether it can; what cannot leaves a doubt behind
   */
  question(analysis: Analysis, mayAsk: boolean): Question | undefined {
    const isNew = !this.#seen.has(analysis) && this.#meet(analysis);
    if (!mayAsk) {
      this.#doubtful ||= isNew;
      return undefined;
    }
    const now = performance.now();
    const isAsked = this.#asked && now < this.#asked.since + LOST_MS;
    if (!isNew && (isAsked || (now < this.#believedUntil && !this.#doubtful))) return undefined;
    const question = new Question((found) => this.#answered(question, found));
    this.#asked = question;
    return question;
  }

  /** @returns whether it names something that was not named before */
  #meet(analysis: Analysis): boolean {
    this.#seen.add(analysis);
    if (analysis.onlyControlsTransaction || RUNS_NOTHING.has(analysis.command)) return false;
    if (this.#names.size > MOST_NAMES) this.#names.clear();
    const before = this.#names.size;
    for (const name of analysis.names) this.#names.add(name);
    return this.#names.size > before;
  }

  #answered(question: Question, found: boolean): void {
    this.#found ||= found;
    // Another one was sent later, and has the last word.
    if (this.#asked !== question) return;
    this.#asked = undefined;
    this.#found = found;
    this.#doubtful = false;
    const now = performance.now();
    this.#believedUntil = now + Math.max(BELIEVED_MS, (now - question.since) * TIMES_AS_LONG);
  }
}

/** {@link HAS_LASTING_CODE} on its way. */
export class Question {
  readonly since = performance.now();
  readonly #answered: (found: boolean) => void;

  constructor(answered: (found: boolean) => void) {
    this.#answered = answered;
  }

  /** @param found as the server writes it */
  answer(found: unknown): void {
    this.#answered(found !== 'f' && found !== false);
  }
}

/** Space and comments, as PostgreSQL's regular expressions have them. */
const GAP = String.raw`(?:\s|--[^\n]*|/\*(?:[^*]|\*+[^*/])*\*+/)*`;

/**
 * What in the source of a function may outlive the transaction that it runs in: SET and RESET where a
 * statement begins, set_config() unless it says that it is local, what is put together and executed.
 * A word that only looks like it costs time, and nothing else.
 */
export const LASTING_SOURCE = [
  String.raw`(?:^|;|\m(?:begin|else|loop|then)\M)${GAP}(?:set|reset)\M`,
  String.raw`\mset_config\s*\((?![^()]*,\s*true\s*\))`,
  String.raw`\m(?:deallocate|discard|execute|hold|lastval|listen|load|pg_settings|pg_temp|prepare|setseed|temp|temporary|unlisten)\M`,
  String.raw`\m(?:pg_(?:try_)?advisory_lock(?:_shared)?|dblink\w*|(?:query|cursor)_to_xml\w*)\M`,
].join('|');

/** Functions of the server that leave something, as those that are called in a body that was parsed. */
const LASTING_CALLS = `
  select ':funcid ' || oid || ' ' from pg_catalog.pg_proc
  where pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    and proname ~ '^(?:set_config|setseed|lastval|pg_(?:try_)?advisory_lock|(?:query|cursor)_to_xml)'`;

/**
 * Asks a database whether it has code that may leave something behind: functions in SQL or PL/pgSQL
 * with such a source, any in another language that does not belong to an extension, and views over
 * pg_settings, whose rule sets. It reads catalogs only, so that it cannot fail. Its parameter is
 * {@link LASTING_SOURCE}: a server may read backslashes in a text as escapes.
 *
 * @see https://www.postgresql.org/docs/current/catalog-pg-proc.html
 */
export const HAS_LASTING_CODE = `
  select exists (
    select from pg_catalog.pg_proc
    join pg_catalog.pg_namespace on pg_namespace.oid = pronamespace
    join pg_catalog.pg_language on pg_language.oid = prolang
    where nspname not in ('pg_catalog', 'information_schema') and lanname <> 'internal'
      and case when lanname in ('sql', 'plpgsql') then
        prosrc ~* $1
        or prosrc = '' and pg_catalog.to_jsonb(pg_proc) ->> 'prosqlbody' ~ any (array(${LASTING_CALLS}))
      else not exists (
        select from pg_catalog.pg_depend
        where classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
          and objid = pg_proc.oid and deptype = 'e'
      ) end
  ) or exists (
    select from pg_catalog.pg_depend
    join pg_catalog.pg_rewrite on pg_rewrite.oid = objid
    where classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass
      and refobjid = 'pg_catalog.pg_settings'::pg_catalog.regclass and ev_class <> refobjid
  ) as found`;
