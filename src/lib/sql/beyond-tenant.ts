import { unquoteIdentifier } from './identifier.js';
import { TENANT_MARKER, tokens, type Statement } from './lexer.js';
import { ofAllTenants, runsOutsideTransaction } from './outside-transaction.js';
import type { Refusal } from './refusal.js';
import { follows } from './words.js';

/** Kinds of objects that belong to the database or the whole server. */
const SHARED_KINDS: readonly (readonly string[])[] = [
  ['role'],
  ['user'],
  ['group'],
  ['database'],
  ['tablespace'],
  ['publication'],
  ['subscription'],
  ['server'],
  ['system'],
  ['foreign', 'data', 'wrapper'],
  ['event', 'trigger'],
  ['language'],
  ['access', 'method'],
];
const DEFINES = new Set(['create', 'alter', 'drop']);
const MODIFIERS = new Set(['or', 'replace', 'trusted', 'procedural']);

/**
 * Functions that run SQL which they get as text, of PostgreSQL and of its extensions: what is in that
 * text nobody has read, nor tied to the tenant.
 *
 * @see https://www.postgresql.org/docs/current/functions-xml.html#FUNCTIONS-XML-MAPPING
 */
const RUNS_TEXT =
  /^(?:(?:query|table|schema|database|cursor)_to_xml(?:schema|_and_xmlschema)?|ts_stat|crosstab(?:[234n]|_hash)?|connectby|xpath_table|dblink(?:_\w+)?)$/;
/** With three arguments it rewrites by values, with two by what a text selects. */
const REWRITE = 'ts_rewrite';
/** Large objects, which have a number and no schema. */
const LARGE_OBJECT = /^(?:lo_\w+|loread|lowrite)$/;
/** Files of the server and programs on it. */
const FILES = /^(?:pg_read_(?:binary_)?file|pg_ls_\w+|pg_stat_file|pg_file_\w+|pg_logdir_ls)$/;

/** Behind these a name is no call, however it goes on: `insert into dblink (a)`. */
const NAMED_BEHIND = new Set([
  'aggregate',
  'exists',
  'function',
  'into',
  'procedure',
  'references',
  'routine',
  'table',
  'type',
  'view',
]);

/**
 * Why a statement is not sent for a tenant although it leaves nothing on the connection: it reaches
 * past the tenant, to what others have or to what nobody has read.
 *
 * @param text the text that the statement is part of
 */
export function beyondTenant(statement: Statement, text: string): Refusal | undefined {
  const { words } = statement;
  const outside = runsOutsideTransaction(statement);
  const command = outside ? ofAllTenants(statement, text) : ofDatabase(words);
  if (command) return command;
  const read = () => tokens(text.slice(statement.start, statement.end));
  if (words.includes('copy') && copiesFile(read())) return FILE;
  return words.some(mayReach) ? callBeyond(read()) : undefined;
}

function ofDatabase(words: readonly string[]): Refusal | undefined {
  const [first = '', second = ''] = words;
  if (first === 'checkpoint') return belongsToAll(first);
  if (second === 'prepared' && (first === 'commit' || first === 'rollback')) return PREPARED;
  if (first === 'prepare' && second === 'transaction' && words.length === 2) return PREPARED;
  if (first === 'alter' && follows(words, 'all', 'in', 'tablespace')) {
    return belongsToAll('alter … all in tablespace');
  }
  if (second === 'owned' && (first === 'drop' || first === 'reassign')) {
    return belongsToAll(`${first} owned`);
  }
  if ((first === 'grant' || first === 'revoke') && !words.includes('on')) {
    return belongsToAll(`${first} of a role`);
  }
  if (!DEFINES.has(first)) return undefined;
  let at = 1;
  while (MODIFIERS.has(words[at] ?? '')) at++;
  if (words[at] === 'extension') return EXTENSION;
  // To alter or drop one is a matter of who owns it.
  if (first === 'create' && words[at] === 'schema') return SCHEMA;
  const kind = SHARED_KINDS.find((kinds) => kinds.every((word, i) => words[at + i] === word));
  return kind && belongsToAll(`${first} ${kind.join(' ')}`);
}

function mayReach(word: string): boolean {
  const name = unquoteIdentifier(word);
  return (
    name === REWRITE ||
    name === 'lastval' ||
    RUNS_TEXT.test(name) ||
    LARGE_OBJECT.test(name) ||
    FILES.test(name)
  );
}

function callBeyond(all: readonly string[]): Refusal | undefined {
  for (const [index, token] of all.entries()) {
    if (all[index + 1] !== '(' || !mayReach(token) || isOwn(all, index)) continue;
    const name = unquoteIdentifier(token);
    if (name === 'lastval') return LASTVAL;
    if (LARGE_OBJECT.test(name)) return LARGE;
    if (FILES.test(name)) return FILE;
    if (name !== REWRITE || countArguments(all, index + 1) === 2) return runsText(name);
  }
  return undefined;
}

/** A function of the tenant's own, or no call at all. */
function isOwn(all: readonly string[], index: number): boolean {
  if (all[index - 1] === '.') return all[index - 2] === `"${TENANT_MARKER}"`;
  return NAMED_BEHIND.has(all[index - 1] ?? '');
}

function countArguments(all: readonly string[], open: number): number {
  let depth = 0;
  let count = 1;
  for (const token of all.slice(open)) {
    if (token === '(' || token === '[') depth++;
    if (token === ')' || token === ']') depth--;
    if (depth === 0) break;
    if (depth === 1 && token === ',') count++;
  }
  return count;
}

/** COPY … FROM STDIN and TO STDOUT name a word where these have a string. */
function copiesFile(all: readonly string[]): boolean {
  if (all[0] !== 'copy') return false;
  let depth = 0;
  for (const [index, token] of all.entries()) {
    if (token === '(') depth++;
    if (token === ')') depth--;
    if (depth > 0 || (token !== 'from' && token !== 'to')) continue;
    const next = all[index + 1] ?? '';
    if (next !== 'stdin' && next !== 'stdout') return true;
  }
  return false;
}

const NOBODY =
  'Have code of yours do it that says it works without a tenant: withoutTenant(…), with a login that may.';

function belongsToAll(what: string): Refusal {
  return refusal(
    `${what.toUpperCase()} concerns the whole database, and not one tenant of it`,
    NOBODY,
  );
}

function runsText(name: string): Refusal {
  return refusal(
    `${name}() runs SQL that it gets as text, which nothing ties to the tenant`,
    'Send that SQL as a statement of its own.',
  );
}

const EXTENSION = refusal(
  'An extension is the whole database’s, and not one tenant’s',
  'Install it once, in a shared migration, into a schema of `sharedSchemas`, where every tenant finds it.',
);
const SCHEMA = refusal(
  'CREATE SCHEMA makes another schema than the tenant’s, which has one',
  'Have tenants.create() make the schemas of tenants, and shared migrations those that they share. The migrations of an ORM’s own tools are applied by migrator.migrate().',
);
const LASTVAL = refusal(
  'lastval() is of whoever used the connection before, as long as the tenant has not used a sequence',
  'Use RETURNING, or currval() of the sequence that is meant.',
);
const LARGE = refusal(
  'Large objects are in no schema, so every tenant has all of them',
  'Keep the bytes in a column of type bytea, or outside of the database.',
);
const PREPARED = refusal(
  'A prepared transaction is left to whoever ends it, every tenant among them, and keeps its locks until then',
  NOBODY,
);
const FILE = refusal('Files and programs of the server are no tenant’s', NOBODY);

function refusal(reason: string, remedy: string): Refusal {
  return { reason, remedy, outlivesTransaction: false };
}
