import { InvalidIdentifierError } from '../errors.js';

/** PostgreSQL cuts longer identifiers short without an error (NAMEDATALEN − 1). */
export const MAX_IDENTIFIER_BYTES = 63;

/**
 * Quotes a name for use in SQL. Every identifier that this package puts into a statement goes
 * through here.
 *
 * @throws InvalidIdentifierError when PostgreSQL would refuse the name or silently cut it short
 */
export function quoteIdentifier(name: string): string {
  if (name === '') throw new InvalidIdentifierError(name, 'it is empty');
  if (name.includes('\0')) throw new InvalidIdentifierError(name, 'it has a null character');
  if (Buffer.byteLength(name) > MAX_IDENTIFIER_BYTES) {
    throw new InvalidIdentifierError(name, `it is longer than ${MAX_IDENTIFIER_BYTES} bytes`);
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** Quotes text as an SQL string literal, right under either setting of standard_conforming_strings. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
