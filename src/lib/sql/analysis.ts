import { textHash } from '../text-hash.js';
import { beyondTenant } from './beyond-tenant.js';
import { unsendable } from './identifier.js';
import { lex, type Statement } from './lexer.js';
import { writeTargets } from './write-targets.js';
import { runsOutsideTransaction } from './outside-transaction.js';
import type { Refusal } from './refusal.js';
import { firstWords, runsUnknownCode, sessionState } from './session-state.js';

/** What the tenant pool must know of a text before it sends it. */
export interface Analysis {
  /** As it was written. */
  readonly source: string;
  /** Of its source. */
  readonly hash: number;
  readonly segments: readonly string[];
  /** The first word, in lower case: `select`, `copy`. Empty where there is none. */
  readonly command: string;
  /** Whether the marker schema occurs. */
  readonly marked: boolean;
  /** Whether it is one query for a tenant's own tables: what an application sends again and again. */
  readonly repeats: boolean;
  /** Whether a statement may create something in the first schema of the search path. */
  readonly creates: boolean;
  /** Its words and names, each once: what it may reach begins with them. */
  readonly names: ReadonlySet<string>;
  /** The schemas that it names in front of what it writes to. */
  readonly writesTo: readonly string[];
  /**
   * Its statements one by one, where it matters what stands between them: there are several, or one
   * controls the transaction. Empty for a single statement that does not.
   */
  readonly parts: readonly StatementPart[];
  /** The same, and that of a single statement whose code may end the transaction. */
  readonly textParts: readonly StatementPart[];
  /** Whether it is CALL or DO, whose code may end the transaction that it is in. */
  readonly runsCode: boolean;
  /** Whether the server runs a statement of it in no transaction: VACUUM, CREATE INDEX CONCURRENTLY. */
  readonly runsOutside: boolean;
  /** Whether it does nothing but control the transaction it is in. */
  readonly onlyControlsTransaction: boolean;
  /** Whether there is more than one statement. */
  readonly multiple: boolean;
  /** Whether a statement begins or ends a transaction or a savepoint. */
  readonly controlsTransaction: boolean;
  /** Whether the text begins a transaction. */
  readonly beginsTransaction: boolean;
  /** Whether the text ends one so that its effect may be kept. */
  readonly commits: boolean;
  /**
   * Why the text is not sent for a tenant, if so: something of it would stay on the connection after
   * the transaction, or change as whom or where the tenant's statements run.
   */
  readonly refusal: Refusal | undefined;
  /** Why it is not sent for a tenant, but for its owner: it reaches past the tenant. */
  readonly beyondTenant: Refusal | undefined;
  /** Whether something may stay on the connection: it does, or code was run that nobody has read. */
  readonly mayLeaveState: boolean;
}

/** One statement of a text. */
export interface StatementPart {
  /** The statement around the marker. */
  readonly segments: readonly string[];
  /** What it does to the transaction that it is in. */
  readonly effect: 'begins' | 'commits' | 'rolls back' | 'controls' | 'works';
  /** Whether it begins the next one where it ends one: AND CHAIN. */
  readonly chains: boolean;
  readonly creates: boolean;
}

/** Commands that ask for rows or change them. */
export const QUERIES: ReadonlySet<string> = new Set([
  'delete',
  'insert',
  'merge',
  'select',
  'table',
  'update',
  'values',
  'with',
]);

const TRANSACTION_CONTROL = new Set([
  'abort',
  'begin',
  'commit',
  'end',
  'release',
  'rollback',
  'savepoint',
  'start',
]);

/** Texts come from ORMs and code, with parameters apart, so there are few; the bound is a guard. */
const CACHE_SIZE = 2_000;
const MAX_CACHED_LENGTH = 16_384;
const cache = new Map<string, Analysis>();

/** Analyses a text, from the cache where it was seen before. */
export function analyse(text: string): Analysis {
  const known = cache.get(text);
  if (known) return known;
  const analysis = analyseText(text);
  if (text.length <= MAX_CACHED_LENGTH) {
    if (cache.size >= CACHE_SIZE) cache.clear();
    cache.set(text, analysis);
  }
  return analysis;
}

function analyseText(text: string): Analysis {
  const { segments, statements } = lex(text);
  const multiple = statements.length > 1;
  const controls = statements.some(controlsTransaction);
  const runsCode = statements.some(({ words }) => ['call', 'do'].includes(words[0] ?? ''));
  const textParts =
    multiple || controls || runsCode ? statements.map((statement) => partOf(statement, text)) : [];
  const refusals = [
    unread(text),
    ...statements.map((statement) => sessionState(statement, text)),
  ].filter((found) => found !== undefined);
  const lasting = refusals.find(({ outlivesTransaction }) => outlivesTransaction);
  const refusal = lasting ?? refusals[0];
  const command = statements[0]?.words[0] ?? '';
  const marked = segments.length > 1;
  const makes = statements.some(creates);
  return {
    source: text,
    hash: textHash(text),
    segments,
    command,
    marked,
    repeats: marked && !multiple && !makes && QUERIES.has(command),
    creates: makes,
    names: new Set(statements.flatMap(({ words }) => words)),
    writesTo: statements.flatMap((statement) => writeTargets(statement, text)),
    runsCode,
    runsOutside: statements.some(runsOutsideTransaction),
    parts: multiple || controls ? textParts : [],
    textParts,
    onlyControlsTransaction: statements.every(controlsOnly),
    multiple,
    controlsTransaction: controls,
    beginsTransaction: statements.some(
      ({ words: [first] }) => first === 'begin' || first === 'start',
    ),
    commits: statements.some(
      ({ words: [first] }) => first === 'commit' || first === 'end' || first === 'prepare',
    ),
    refusal,
    beyondTenant: statements
      .map((statement) => beyondTenant(statement, text))
      .find((found) => found !== undefined),
    mayLeaveState: lasting !== undefined || statements.some(runsUnknownCode),
  };
}

/** A text that is another one for the server says nothing about what would be run there. */
function unread(text: string): Refusal | undefined {
  const flaw = unsendable(text);
  if (flaw === undefined) return undefined;
  return {
    reason: `Nobody knows what the server makes of a text with ${flaw}`,
    remedy: 'Remove it from the text, and pass values as parameters.',
    outlivesTransaction: true,
  };
}

function partOf(statement: Statement, text: string): StatementPart {
  const effect = effectOf(statement);
  return {
    segments: lex(text.slice(statement.start, statement.end)).segments,
    effect,
    chains: (effect === 'commits' || effect === 'rolls back') && chains(statement),
    creates: creates(statement),
  };
}

function effectOf(statement: Statement): StatementPart['effect'] {
  if (!controlsOnly(statement)) return 'works';
  const { words } = statement;
  const [first = ''] = words;
  if (first === 'begin' || first === 'start') return 'begins';
  if (first === 'commit' || first === 'end' || first === 'prepare') return 'commits';
  const ends = first === 'abort' || (first === 'rollback' && !words.includes('to'));
  return ends ? 'rolls back' : 'controls';
}

/** `AND CHAIN`, and not `AND NO CHAIN`. */
function chains({ words }: Statement): boolean {
  return words.at(-2) === 'and' && words.at(-1) === 'chain';
}

const HAVE_TABLES = new Set(['insert', 'merge']);

/** Whether it makes a table or anything else that has a name in a schema. */
function creates({ words }: Statement): boolean {
  // What it creates besides goes into the new schema.
  if (words[0] === 'create' && words[1] === 'schema') return false;
  return words.some((word, index) => {
    // SELECT INTO makes a table, INSERT INTO and MERGE INTO have one.
    if (word === 'into') return !HAVE_TABLES.has(words[index - 1] ?? '');
    return word === 'create' || word === 'import';
  });
}

function controlsTransaction(statement: Statement): boolean {
  return (
    isTransactionControl(statement) ||
    // END is the end of a function's body there.
    (holdsOthers(statement) &&
      firstWords(statement.words)
        .slice(1)
        .some((word) => word !== 'end' && TRANSACTION_CONTROL.has(word)))
  );
}

function isTransactionControl({ words: [first, second] }: Statement): boolean {
  if (first === undefined) return false;
  return (
    TRANSACTION_CONTROL.has(first) ||
    (first === 'set' && second === 'transaction') ||
    (first === 'prepare' && second === 'transaction')
  );
}

function controlsOnly(statement: Statement): boolean {
  return (isTransactionControl(statement) || isSetLocal(statement)) && !holdsOthers(statement);
}

function isSetLocal({ words: [first, second] }: Statement): boolean {
  return first === 'set' && second === 'local';
}

/** Statements within it, as in the body of a function; or behind it, for all that can be told. */
function holdsOthers({ words }: Statement): boolean {
  return words.includes(';');
}
