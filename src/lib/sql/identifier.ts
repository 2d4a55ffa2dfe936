import { InvalidIdentifierError, UnsupportedStatementError } from '../errors.js';

/** PostgreSQL cuts longer identifiers short without an error (NAMEDATALEN − 1). */
export const MAX_IDENTIFIER_BYTES = 63;

/**
 * One half of a surrogate pair without the other. It has no UTF-8: what is sent in its place is
 * U+FFFD for each of them, so that different texts become the same.
 */
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Quotes a name for use in SQL. Every identifier that this package puts into a statement goes
 * through here.
 *
 * @throws InvalidIdentifierError when PostgreSQL would refuse the name, silently cut it short, or
 *   get another one
 */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new InvalidIdentifierError(name, 'it is empty');
  const flaw = unsendable(name);
  if (flaw !== undefined) throw new InvalidIdentifierError(name, `it has ${flaw}`);
  if (Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) {
    throw new InvalidIdentifierError(name, `it is longer than ${MAX_IDENTIFIER_BYTES} bytes`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** A token of SQL as the name that it is: what stands between the quotes, or the word. */
export function unquoteIdentifier(token: string): string {
  return token.startsWith('"') ? token.slice(1, -1).replaceAll('""', '"') : token;
}

/**
 * Quotes text as an SQL string literal, right under either setting of standard_conforming_strings.
 *
 * @throws UnsupportedStatementError when PostgreSQL cannot get the text as it is
 */
export function quoteLiteral(text: string): string {
  const flaw = unsendable(text);
  if (flaw !== undefined) {
    throw new UnsupportedStatementError(
      `A text has ${flaw}`,
      'Remove it: PostgreSQL cannot hold it.',
    );
  }
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/** What of a text does not reach the server as it is, or undefined. */
export function unsendable(text: string): string | undefined {
  if (text.includes('\0')) return 'a null character';
  return LONE_SURROGATE.test(text) ? 'half a character (a lone surrogate)' : undefined;
}
