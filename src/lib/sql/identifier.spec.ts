import * as fc from 'fast-check';
import { InvalidIdentifierError } from '../errors.js';
import { quoteIdentifier, quoteLiteral } from './identifier.js';
import { lex } from './lexer.js';

it('quotes names so that they stay one name', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 15, unit: 'grapheme' }), (name) => {
      fc.pre(!name.includes('\0') && Buffer.byteLength(name) <= 63);
      const quoted = quoteIdentifier(name);
      expect(quoted.slice(1, -1).replaceAll('""', '')).not.toContain('"');
      expect(quoted.slice(1, -1).replaceAll('""', '"')).toBe(name);
    }),
  );
});

it.each(['', 'a\0b', 'a'.repeat(64), 'é'.repeat(32)])('refuses %j', (name) => {
  expect(() => quoteIdentifier(name)).toThrow(InvalidIdentifierError);
});

it('quotes text so that nothing behind it is read as part of it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(lex(`select ${quoteLiteral(text)} from "$tenant".x`).segments).toHaveLength(2);
    }),
  );
});
