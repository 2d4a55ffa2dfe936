import { TENANT_MARKER, tokens, type Statement } from './lexer.js';
import type { Refusal } from './refusal.js';

/**
 * What the server runs in no transaction, and so not behind settings that end with one: on a connection
 * of its own.
 *
 * @see https://www.postgresql.org/docs/current/sql-vacuum.html and the others
 */
export function runsOutsideTransaction({ words }: Statement): boolean {
  const [first = ''] = words;
  return (
    first === 'vacuum' ||
    (first === 'cluster' && words.length === 1) ||
    (first === 'reindex' && words.some((word) => MANY.has(word) || word === 'concurrently')) ||
    (CONCURRENT.has(first) && words.includes('concurrently') && concernsIndex(words))
  );
}

/**
 * Why it is not sent for a tenant: it names no table or index, and is about all that the login owns.
 *
 * @param text the text that the statement is part of
 */
export function ofAllTenants({ words, start, end }: Statement, text: string): Refusal | undefined {
  const [first = ''] = words;
  if (first === 'cluster' || (first === 'vacuum' && namesNothing(text.slice(start, end)))) {
    return ofAll(`${first.toUpperCase()} without a table`, 'Name the table.');
  }
  const kind = first === 'reindex' ? words.find((word) => MANY.has(word)) : undefined;
  if (kind === undefined || (kind === 'schema' && words.at(-1) === `"${TENANT_MARKER}"`)) {
    return undefined;
  }
  return ofAll(`REINDEX ${kind.toUpperCase()}`, `For a tenant: REINDEX SCHEMA "${TENANT_MARKER}".`);
}

/** Kinds of what has many tables. */
const MANY = new Set(['schema', 'database', 'system']);
const CONCURRENT = new Set(['create', 'drop', 'alter']);

/** REFRESH MATERIALIZED VIEW CONCURRENTLY is like any other statement. */
function concernsIndex([first, second, third]: readonly string[]): boolean {
  if (first === 'alter') return second === 'table';
  return second === 'index' || (second === 'unique' && third === 'index');
}

/** Of VACUUM: options in parentheses or without, and then tables. */
function namesNothing(statement: string): boolean {
  const [, ...rest] = tokens(statement);
  const behind = rest[0] === '(' ? rest.slice(rest.indexOf(')') + 1) : rest;
  return behind.every((token) => VACUUM_OPTIONS.has(token));
}

const VACUUM_OPTIONS = new Set(['analyse', 'analyze', 'freeze', 'full', 'verbose']);

function ofAll(what: string, remedy: string): Refusal {
  return {
    reason: `${what} is about the tables of all tenants`,
    remedy: `${remedy} What is about all is sent by code that says it works without a tenant: withoutTenant(…).`,
    outlivesTransaction: false,
  };
}
