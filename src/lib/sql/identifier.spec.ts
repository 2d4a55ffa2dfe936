import * as fc from 'fast-check';
import { InvalidIdentifierError, UnsupportedStatementError } from '../errors.js';
import { quoteIdentifier, quoteLiteral } from './identifier.js';
import { lex, tokens } from './lexer.js';

/** Any sequence of UTF-16 code units, and more often of those that mean something to somebody. */
const anyText = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom('"', "'", '\\', '""', "''", "\\'", '$tenant', ',') },
      {
        weight: 2,
        arbitrary: fc.constantFrom('😀', 'e\u0301', 'é', '\u00a0', '\ufeff', '\n', ';'),
      },
      { weight: 3, arbitrary: fc.string({ unit: 'grapheme', maxLength: 4 }) },
      {
        weight: 1,
        arbitrary: fc.oneof(
          fc.constantFrom('\0', '\ud800', '\udfff'),
          fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
        ),
      },
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));

/** What the server would get for it. */
const sent = (text: string) => Buffer.from(text).toString();

function attempt(quote: (text: string) => string, text: string): string | Error {
  try {
    return quote(text);
  } catch (error) {
    return error as Error;
  }
}

describe('a name', () => {
  it('is quoted so that it stays that one name, or is refused', () => {
    fc.assert(
      fc.property(anyText, (name) => {
        const quoted = attempt(quoteIdentifier, name);
        const isName = name !== '' && !name.includes('\0') && sent(name) === name;
        if (!isName || Buffer.byteLength(name) > 63) {
          expect(quoted).toBeInstanceOf(InvalidIdentifierError);
          return;
        }
        expect(quoted).toMatch(/^"(?:[^"]|"")+"$/u);
        expect(sent(String(quoted)).slice(1, -1).replaceAll('""', '"')).toBe(name);
      }),
      { numRuns: 2_000 },
    );
  });

  it('may have 63 bytes and not one more, whatever its characters take', () => {
    const character = fc.constantFrom('a', '"', 'é', '€', '😀', 'e\u0301');
    fc.assert(
      fc.property(fc.array(character, { minLength: 64, maxLength: 64 }), (characters) => {
        let name = '';
        for (const next of characters) {
          if (Buffer.byteLength(name + next) <= 63) name += next;
        }
        name = name.padEnd(name.length + 63 - Buffer.byteLength(name), 'x');
        expect(quoteIdentifier(name)).toBe(`"${name.replaceAll('"', '""')}"`);
        expect(() => quoteIdentifier(`${name}x`)).toThrow(InvalidIdentifierError);
      }),
    );
  });

  it.each(['', 'a\0b', 'a'.repeat(64), 'é'.repeat(32), 'a\ud800', '\udc00b', '\udc00\ud800'])(
    'is refused where it is %j',
    (name) => {
      expect(() => quoteIdentifier(name)).toThrow(InvalidIdentifierError);
    },
  );
});

describe('a text', () => {
  it('is quoted so that it is read again as it was, with either way to read backslashes', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = attempt(quoteLiteral, text);
        if (text.includes('\0') || sent(text) !== text) {
          expect(quoted).toBeInstanceOf(UnsupportedStatementError);
          return;
        }
        expect(readLiteral(String(quoted), true)).toBe(text);
        expect(readLiteral(String(quoted), false)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it('is quoted so that nothing behind it is read as part of it', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = attempt(quoteLiteral, text);
        fc.pre(typeof quoted === 'string');
        // Behind a word it must not become one with it, as in E'…' or N'…'.
        const before = `select date${quoted} from `;
        expect(lex(`${before}"$tenant".x`).segments).toEqual([before, '.x']);
        expect(tokens(before)).toEqual(['select', 'date', quoted.trim(), 'from']);
      }),
    );
  });
});

/** Reads one literal as the manual describes it, and nothing but that: undefined for all else. */
function readLiteral(sql: string, standardConformingStrings: boolean): string | undefined {
  const [, prefix, body = ''] = /^ ?(E?)'(.*)'$/su.exec(sql) ?? [];
  if (prefix === undefined) return undefined;
  const escapes = prefix === 'E' || !standardConformingStrings;
  let text = '';
  for (let i = 0; i < body.length; i++) {
    const char = body.charAt(i);
    if (char === "'" || (char === '\\' && escapes)) {
      i++;
      // A lone quote would end it; of the escapes only those that stand for themselves are used.
      if (body.charAt(i) !== char) return undefined;
    }
    text += char;
  }
  return text;
}
