import type { Statement } from './lexer.js';

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

const ENDS_WITH_TRANSACTION = new Set(['local', 'constraints', 'transaction']);
const CREATE_MODIFIERS = new Set(['or', 'replace', 'global', 'local']);
const TABLE_FOLLOWS_INTO = new Set(['insert', 'merge']);
/** Session-level locks; those of the transaction have `xact` in their names. */
const ADVISORY_LOCK = /^pg_(?:try_)?advisory_(?!xact_)/;

/**
 * What of a statement would stay on the connection after its transaction, or undefined. Such a
 * statement is not sent for a tenant.
 */
export function sessionState({ words }: Statement): string | undefined {
  const [first = '', second = ''] = words;
  if (SESSION_COMMANDS.has(first) && !ENDS_WITH_TRANSACTION.has(second)) return first.toUpperCase();
  if (createsTemporaryTable(words)) return 'A temporary table that outlives its transaction';
  if (words.includes('pg_temp') || words.includes('"pg_temp"')) return 'pg_temp';
  if (follows(words, 'with', 'hold')) return 'A cursor WITH HOLD';
  if (words.some((word) => ADVISORY_LOCK.test(word))) return 'An advisory lock of the session';
  if (setsConfigOfSession(words)) return 'set_config() of the session';
  return undefined;
}

/** Whether the statement runs code that cannot be read from here. */
export function runsUnknownCode({ words: [first] }: Statement): boolean {
  return first === 'do' || first === 'call';
}

/**
 * A temporary table that outlives the transaction would be found by the next tenant on the
 * connection, before its own table of that name.
 */
function createsTemporaryTable(words: readonly string[]): boolean {
  const created = words.some((word, index) => {
    if (word !== 'create') return false;
    return isTemporary(words.slice(index + 1).find((next) => !CREATE_MODIFIERS.has(next)));
  });
  const selected = words.some(
    (word, index) =>
      word === 'into' &&
      isTemporary(words[index + 1]) &&
      !TABLE_FOLLOWS_INTO.has(words[index - 1] ?? ''),
  );
  return (created || selected) && !words.join(' ').includes('on commit drop');
}

function isTemporary(word: string | undefined): boolean {
  return word === 'temp' || word === 'temporary';
}

/**
 * `set_config(name, value, true)` is local to the transaction. Its first two arguments are most
 * often strings and parameters, which are no words; anything else is taken for the worse.
 */
function setsConfigOfSession(words: readonly string[]): boolean {
  return words.some(
    (word, index) =>
      (word === 'set_config' || word === '"set_config"') && words[index + 1] !== 'true',
  );
}

function follows(words: readonly string[], first: string, second: string): boolean {
  return words.some((word, index) => word === first && words[index + 1] === second);
}
