import { lex, type Statement } from './lexer.js';
import { runsUnknownCode, sessionState } from './session-state.js';

/** What the tenant pool must know of a text before it sends it. */
export interface Analysis {
  readonly segments: readonly string[];
  /** Whether the marker schema occurs. */
  readonly marked: boolean;
  /** Whether some statement reads names through the search path, so that it has to be set. */
  readonly needsSearchPath: boolean;
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
  /** What would stay on the connection after the transaction, if anything. */
  readonly sessionState: string | undefined;
  /** Whether something may stay on the connection: it does, or code was run that nobody has read. */
  readonly mayLeaveState: boolean;
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
  const state = statements.map(sessionState).find((found) => found !== undefined);
  return {
    segments,
    marked: segments.length > 1,
    needsSearchPath: statements.some((statement) => !statement.marked && !controlsOnly(statement)),
    onlyControlsTransaction: statements.every(controlsOnly),
    multiple: statements.length > 1,
    controlsTransaction: controlling.length > 0,
    beginsTransaction: statements.some(
      ({ words: [first] }) => first === 'begin' || first === 'start',
    ),
    commits: statements.some(
      ({ words: [first] }) => first === 'commit' || first === 'end' || first === 'prepare',
    ),
    sessionState: state,
    mayLeaveState: state !== undefined || statements.some(runsUnknownCode),
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

function controlsOnly(statement: Statement): boolean {
  return isTransactionControl(statement) || isSetLocal(statement);
}

function isSetLocal({ words: [first, second] }: Statement): boolean {
  return first === 'set' && second === 'local';
}
