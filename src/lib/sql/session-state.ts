import { unquoteIdentifier } from './identifier.js';
import { ESCAPED_NAME, tokens, type Statement } from './lexer.js';
import type { Refusal } from './refusal.js';
import { follows } from './words.js';

/** Commands whose effect outlives the transaction, and what becomes of it. */
const SESSION_COMMANDS: Readonly<Record<string, string>> = {
  deallocate: 'DEALLOCATE takes away what is prepared on the connection, which all tenants use',
  discard: 'DISCARD takes away what the connection has for all tenants',
  listen: 'LISTEN stays on the connection, which the next tenant gets',
  load: 'LOAD changes the connection’s process, which the next tenant gets',
  prepare: 'PREPARE stays on the connection, which the next tenant gets',
  reset: 'RESET changes settings of the connection, which the next tenant gets',
  set: 'SET changes settings of the connection, which the next tenant gets',
  unlisten: 'UNLISTEN changes what the connection listens to, which the next tenant gets',
};

/** `SET LOCAL …` and so on end with the transaction; `SET LOCAL.x = …` is a setting called so. */
const SET_OF_TRANSACTION = new Set(['local', 'constraints', 'transaction']);

/**
 * Settings on which it depends as whom and where a statement runs, and whether the server reads its
 * text as it was read here.
 */
const SCOPE_SETTINGS = new Set([
  'client_encoding',
  'role',
  'search_path',
  'session_authorization',
  'standard_conforming_strings',
]);

/** Other words for them: `SET LOCAL SCHEMA 'x'`, `SET LOCAL NAMES 'x'`. */
const SCOPE_KEYWORDS = new Set(['names', 'schema']);

/** Functions that run SQL which they get as text, and one that leaves something harmless behind. */
const UNKNOWN_CODE = new Set([
  'query_to_xml',
  'query_to_xml_and_xmlschema',
  'setseed',
  'ts_rewrite',
  'ts_stat',
]);

const TABLE_MODIFIERS = new Set(['or', 'replace', 'global', 'local']);
/** Of any session: a connection's own temporary schema can be named by its number too. */
const TEMPORARY_SCHEMA = /^pg_(?:toast_)?temp(?:_\d+)?$/;
/** Session-level locks; those of the transaction have `xact` in their names. */
const ADVISORY_LOCK = /^pg_(?:try_)?advisory_(?!xact_)/;

/**
 * Why a statement is not sent for a tenant, or undefined: what of it would stay on the connection
 * after its transaction, or would change as whom or where the tenant's statements run.
 *
 * @param text the text that the statement is part of
 */
export function sessionState(statement: Statement, text: string): Refusal | undefined {
  const { words } = statement;
  // Most statements need no more than their words; these are read again with everything between.
  const read = () => tokens(text.slice(statement.start, statement.end));
  const command = setCommand(words, read) ?? otherSessionCommand(words);
  if (command) return command;
  if (createsTemporaryTable(words, read)) {
    return stays('A temporary table that outlives its transaction');
  }
  if (follows(words, 'with', 'hold')) return stays('A cursor WITH HOLD');
  if (executesPrepared(words)) {
    return { ...changesScope('EXECUTE of what was prepared unseen may change'), remedy: EXECUTE };
  }
  let callsSetConfig = false;
  let namesSettings = false;
  for (const word of words) {
    if (word === ESCAPED_NAME) {
      return { ...stays('What is named by escapes (U&"…") may be something that'), remedy: SPELL };
    }
    const name = unquoteIdentifier(word);
    if (name === 'set_config') callsSetConfig = true;
    if (!name.startsWith('pg_')) continue;
    if (TEMPORARY_SCHEMA.test(name)) return stays('What is made in pg_temp');
    if (ADVISORY_LOCK.test(name)) return stays('An advisory lock of the session');
    if (name === 'pg_settings') namesSettings = true;
  }
  // Its rule makes set_config() of it, for the session.
  if (namesSettings && words.includes('update')) return stays('What UPDATE of pg_settings sets');
  return callsSetConfig ? setConfig(read()) : undefined;
}

/** Whether the statement runs code that cannot be read from here. */
export function runsUnknownCode({ words }: Statement): boolean {
  return (
    firstWords(words).some((word) => word === 'do' || word === 'call') ||
    words.some((word) => UNKNOWN_CODE.has(unquoteIdentifier(word)))
  );
}

/**
 * The first word of a statement, and those behind the semicolons inside of it. Where a function's
 * body ends is a matter of grammar (`select 1 end` names a column), so what follows it may have been
 * taken for a part of it.
 */
export function firstWords(words: readonly string[]): string[] {
  if (!words.includes(';')) return words.slice(0, 1);
  return words.filter((word, index) => word !== ';' && (index === 0 || words[index - 1] === ';'));
}

const SPELL = 'Write the name itself, in double quotes where it needs them.';
const EXECUTE =
  'Send the statement itself, with its values as parameters. node-postgres prepares what has a name.';
const TRANSACTION =
  'Inside a transaction use what ends with it: SET LOCAL, set_config(…, true), ON COMMIT DROP, pg_advisory_xact_lock(). For LISTEN use a connection of your own.';
const SCOPE =
  "Remove it: the pool sees to it as whom and where a tenant’s statements run. Settings of your own are named in the text, as in set_config('app.user_id', $1, true); what is to run elsewhere runs in withoutTenant(…).";

const LISTEN =
  'Listen on a connection that is in no pool: connections.separateClient(). A channel belongs to the database and not to a tenant, so have its name or the payload say which.';

const SET_CONFIG_OF_SESSION = stays('What set_config() sets for the session');

function stays(what: string): Refusal {
  return {
    reason: `${what} stays on the connection, which the next tenant gets`,
    remedy: TRANSACTION,
    outlivesTransaction: true,
  };
}

function sessionCommand(command: string): Refusal {
  const listens = command === 'listen' || command === 'unlisten';
  const reason = SESSION_COMMANDS[command] ?? '';
  return { reason, remedy: listens ? LISTEN : TRANSACTION, outlivesTransaction: true };
}

function changesScope(what: string): Refusal {
  return {
    reason: `${what} as whom, where or how a tenant’s statements run`,
    remedy: SCOPE,
    outlivesTransaction: false,
  };
}

function otherSessionCommand(words: readonly string[]): Refusal | undefined {
  const found = firstWords(words).find((word, index) => {
    if (!Object.hasOwn(SESSION_COMMANDS, word)) return false;
    if (index > 0) return true;
    // Read already; or PREPARE TRANSACTION '…', of which two words are all.
    return word !== 'set' && !(word === 'prepare' && words[1] === 'transaction' && !words[2]);
  });
  return found === undefined ? undefined : sessionCommand(found);
}

function setCommand(
  [first, second = '']: readonly string[],
  read: () => string[],
): Refusal | undefined {
  if (first !== 'set') return undefined;
  if (!SET_OF_TRANSACTION.has(second)) return sessionCommand(first);
  const [, , third = '', fourth = ''] = read();
  if (third === '.') return sessionCommand(first);
  if (second !== 'local') return undefined;
  const name = unquoteIdentifier(third).toLowerCase();
  const isScope =
    SCOPE_SETTINGS.has(name) ||
    SCOPE_KEYWORDS.has(third) ||
    (third === 'session' && fourth !== 'characteristics');
  return isScope ? changesScope(`SET LOCAL ${name.toUpperCase()} changes`) : undefined;
}

/**
 * Tenants prepare nothing, so it is the runtime's own: the statement that makes their settings.
 * As words of other clauses (GRANT EXECUTE, EXECUTE FUNCTION) it runs nothing.
 */
function executesPrepared(words: readonly string[]): boolean {
  if (!words.includes('execute')) return false;
  return (
    firstWords(words).includes('execute') ||
    words.includes('explain') ||
    (words.includes('create') && follows(words, 'as', 'execute'))
  );
}

/** An open parenthesis or bracket, and what is seen of the arguments in it. */
interface Open {
  readonly isSetConfig: boolean;
  readonly arguments: { size: number; first: string }[];
}

/**
 * `set_config('app.user_id', $1, true)` is local to the transaction and names what it sets. Anything
 * that is not exactly of this form, but for the second argument, is taken for the worse.
 */
function setConfig(all: readonly string[]): Refusal | undefined {
  const open: Open[] = [];
  let previous = '';
  let found: Refusal | undefined;
  for (const token of all) {
    const isCall = unquoteIdentifier(previous) === 'set_config';
    previous = token;
    if (isCall && token !== '(') return SET_CONFIG_OF_SESSION;
    if (token === ')' || token === ']') {
      const refusal = refuseSetConfig(open.pop());
      if (refusal?.outlivesTransaction) return refusal;
      found ??= refusal;
    }
    const outer = open.at(-1)?.arguments;
    if (token === ',') {
      outer?.push({ size: 0, first: '' });
      continue;
    }
    const argument = outer?.at(-1);
    if (argument && argument.size++ === 0) argument.first = token;
    if (token === '(' || token === '[') {
      open.push({ isSetConfig: isCall, arguments: [{ size: 0, first: '' }] });
    }
  }
  const isOpen =
    open.some(({ isSetConfig }) => isSetConfig) || unquoteIdentifier(previous) === 'set_config';
  return isOpen ? SET_CONFIG_OF_SESSION : found;
}

function refuseSetConfig(call: Open | undefined): Refusal | undefined {
  if (!call?.isSetConfig) return undefined;
  const [setting, , isLocal] = call.arguments;
  if (isLocal?.size !== 1 || isLocal.first !== 'true') return SET_CONFIG_OF_SESSION;
  const name = setting?.size === 1 ? plainLiteral(setting.first)?.toLowerCase() : undefined;
  if (name === undefined) {
    return changesScope('set_config() of a setting that the text does not name may change');
  }
  return SCOPE_SETTINGS.has(name) ? changesScope(`set_config() of ${name} changes`) : undefined;
}

/** What a literal says that says what it shows: no escapes of any kind. */
function plainLiteral(token: string): string | undefined {
  return /^'[^'\\]*'$/.exec(token)?.[0].slice(1, -1);
}

/**
 * A temporary table that outlives the transaction would be found by the next tenant on the
 * connection, before its own table of that name.
 */
function createsTemporaryTable(words: readonly string[], read: () => string[]): boolean {
  let created = false;
  for (const [index, word] of words.entries()) {
    if (word !== 'create' && word !== 'into') continue;
    let next = index + 1;
    while (TABLE_MODIFIERS.has(words[next] ?? '')) next++;
    if (words[next] !== 'temp' && words[next] !== 'temporary') continue;
    if (word === 'create') created = true;
    // INSERT INTO temp, which is a name there.
    else if (index !== 1 || (words[0] !== 'insert' && words[0] !== 'merge')) return true;
  }
  // With all that stands between: `as on, commit drop` are two columns.
  return created && !follows(read(), 'on', 'commit', 'drop');
}
