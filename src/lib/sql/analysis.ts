import { lex, type Statement } from './lexer.js';

/** What the tenant pool must know of a text before it sends it. */
export interface Analysis {
  readonly segments: readonly string[];
  /** Whether the marker schema occurs. */
  readonly marked: boolean;
  /** Whether some statement reads names through the search path, so that it has to be set. */
  readonly needsSearchPath: boolean;
  /** Whether there is more than one statement. */
  readonly multiple: boolean;
  /** Whether a statement begins or ends a transaction or a savepoint. */
  readonly controlsTransaction: boolean;
  /** Whether the text begins a transaction. */
  readonly beginsTransaction: boolean;
  /** The command that would leave something behind on the connection, if there is one. */
  readonly sessionCommand: string | undefined;
}

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

/** Commands whose effect outlives the transaction: the next user of the connection would have it. */
const SESSION_COMMANDS = new Set([
  'deallocate',
  'discard',
  'listen',
  'load',
  'prepare',
  'reset',
  'set',
  'unlisten',
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
  const controlling = statements.filter(isTransactionControl);
  return {
    segments,
    marked: segments.length > 1,
    needsSearchPath: statements.some(
      (statement) =>
        !statement.marked && !isTransactionControl(statement) && !isSetLocal(statement),
    ),
    multiple: statements.length > 1,
    controlsTransaction: controlling.length > 0,
    beginsTransaction: statements.some(
      ({ words: [first] }) => first === 'begin' || first === 'start',
    ),
    sessionCommand: statements.map(sessionCommand).find((command) => command !== undefined),
  };
}

function isTransactionControl({ words: [first, second] }: Statement): boolean {
  if (first === undefined) return false;
  return (
    TRANSACTION_CONTROL.has(first) ||
    (first === 'set' && second === 'transaction') ||
    (first === 'prepare' && second === 'transaction')
  );
}

function isSetLocal({ words: [first, second] }: Statement): boolean {
  return first === 'set' && second === 'local';
}

function sessionCommand(statement: Statement): string | undefined {
  const [first = '', second = ''] = statement.words;
  if (createsTemporaryTable(statement.words)) return 'CREATE TEMPORARY TABLE';
  if (!SESSION_COMMANDS.has(first) || isTransactionControl(statement)) return undefined;
  if (first === 'set' && (second === 'local' || second === 'constraints')) return undefined;
  return first.toUpperCase();
}

/**
 * A temporary table that outlives the transaction would be found by the next tenant on the
 * connection, before its own table of that name.
 */
function createsTemporaryTable(words: readonly string[]): boolean {
  const created =
    words[0] === 'create' && isTemporary(words.find((word) => !CREATE_MODIFIERS.has(word)));
  const selected = words.some(
    (word, index) =>
      word === 'into' &&
      isTemporary(words[index + 1]) &&
      !TABLE_FOLLOWS_INTO.has(words[index - 1] ?? ''),
  );
  return (created || selected) && !words.join(' ').includes('on commit drop');
}

const CREATE_MODIFIERS = new Set(['create', 'or', 'replace', 'global', 'local']);
const TABLE_FOLLOWS_INTO = new Set(['insert', 'merge']);

function isTemporary(word: string | undefined): boolean {
  return word === 'temp' || word === 'temporary';
}
