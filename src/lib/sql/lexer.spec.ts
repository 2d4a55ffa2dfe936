import * as fc from 'fast-check';
import { lex } from './lexer.js';

const SCHEMA = '"tenant_acme"';
const qualify = (text: string) => lex(text).segments.join(SCHEMA);
const statements = (text: string) =>
  lex(text).statements.map(({ start, end }) => text.slice(start, end));

describe('the marker', () => {
  it.each([
    ['select * from "$tenant"."users"', 'select * from "tenant_acme"."users"'],
    ['select "$tenant".f("$tenant"."x".id)', 'select "tenant_acme".f("tenant_acme"."x".id)'],
    ['select 1-- c\nfrom "$tenant".x', 'select 1-- c\nfrom "tenant_acme".x'],
    [`select $1, $2 from "$tenant".x`, `select $1, $2 from "tenant_acme".x`],
    [`select 'it''s' from "$tenant".x`, `select 'it''s' from "tenant_acme".x`],
    [`select 'back\\' from "$tenant".x`, `select 'back\\' from "tenant_acme".x`],
    [`select E'a'\n'it\\'s' from "$tenant".x`, `select E'a'\n'it\\'s' from "tenant_acme".x`],
    ['select İLİ=1 from "$tenant".x', 'select İLİ=1 from "tenant_acme".x'],
    ['select\u00a0 from "$tenant".x', 'select\u00a0 from "tenant_acme".x'],
    [`select e'quote\\'' from "$tenant".x`, `select e'quote\\'' from "tenant_acme".x`],
    ['select a$b from "$tenant".x', 'select a$b from "tenant_acme".x'],
    [
      'select /* a /* b */ c */ 1 from "$tenant".x',
      'select /* a /* b */ c */ 1 from "tenant_acme".x',
    ],
    ['"$tenant"', SCHEMA],
  ])('is replaced in %j', (text, expected) => {
    expect(qualify(text)).toBe(expected);
  });

  it.each([
    `select '"$tenant"'`,
    `select 'it''s "$tenant"'`,
    `select E'\\' "$tenant"'`,
    `select e'\\\\\\' "$tenant"'`,
    `select U&'"$tenant"'`,
    `select E'a' -- c\n 'it\\' "$tenant"'`,
    `select $$ "$tenant" $$`,
    `select $a$ $$ "$tenant" $b$ $a$`,
    `select $é$ "$tenant" $é$`,
    `select 1 -- "$tenant"`,
    `select 1 /* "$tenant" /* */ "$tenant" */`,
    `select "a""$tenant"`,
    `select """$tenant"""`,
    `select U&"$tenant"`,
    `select "$tenant "`,
    `select "$TENANT"`,
    `select '"$tenant"`,
    `select $$"$tenant"`,
    `select /* "$tenant"`,
  ])('is left alone in %j', (text) => {
    expect(qualify(text)).toBe(text);
  });

  it('is replaced where it stands as a name and nowhere else, in any mixture', () => {
    const filler = fc.stringMatching(/^[^'"$/*\\;-]*$/);
    const piece = fc.oneof(
      fc.constant({ sql: ' "$tenant" ', marks: 1 }),
      filler.map((text) => ({ sql: ` '"$tenant"${text}''' `, marks: 0 })),
      filler.map((text) => ({ sql: ` e'${text}\\'"$tenant"' `, marks: 0 })),
      filler.map((text) => ({ sql: ` $q$${text}"$tenant"'$q$ `, marks: 0 })),
      filler.map((text) => ({ sql: ` "${text}""$tenant" `, marks: 0 })),
      filler.map((text) => ({ sql: ` /*'${text}/*"$tenant"*/"*/ `, marks: 0 })),
      filler.map((text) => ({ sql: ` --'"${text.replace(/[\r\n]/g, '')}"$tenant"\n`, marks: 0 })),
      fc.nat().map((n) => ({ sql: ` $${n} a$b ${n} `, marks: 0 })),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.map(({ sql }) => sql).join('');
        const { segments } = lex(text);
        expect(segments.join('"$tenant"')).toBe(text);
        expect(segments.length - 1).toBe(pieces.reduce((sum, { marks }) => sum + marks, 0));
      }),
      { numRuns: 2_000 },
    );
  });

  it('leaves any text whole, however broken', () => {
    const text = fc.array(
      fc.constantFrom(
        "'",
        '"',
        '$',
        '$$',
        '$a$',
        '/*',
        '*/',
        '--',
        '\n',
        ';',
        'e',
        '\\',
        '"$tenant"',
        'é',
      ),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const sql = parts.join('');
        expect(lex(sql).segments.join('"$tenant"')).toBe(sql);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('statements', () => {
  it.each([
    ['', []],
    [' ; -- nothing\n ; /* here */', []],
    ['select 1', ['select 1']],
    ['select 1;', ['select 1']],
    [' select 1 ; select 2 ', ['select 1 ', 'select 2 ']],
    [`select ';' ; select $$;$$`, [`select ';' `, 'select $$;$$']],
    ['select ";" -- ;\n; /* ; */ select 2', ['select ";" -- ;\n', 'select 2']],
    [
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      [
        'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
        'select 3',
      ],
    ],
    ['select 1 as İ;select 2', ['select 1 as İ', 'select 2']],
    [
      'create rule r as on insert to t do (select 1; select 2); select 3',
      ['create rule r as on insert to t do (select 1; select 2)', 'select 3'],
    ],
    ['create table begin (atomic int); select 1', ['create table begin (atomic int)', 'select 1']],
    ['begin; select 1; end; select 2', ['begin', 'select 1', 'end', 'select 2']],
  ])('of %j', (text, expected) => {
    expect(statements(text)).toEqual(expected);
  });

  it('are told apart by their words, which numbers and strings are none of', () => {
    const [first] = lex(`SELECT 1e5, 0xff, e'x', "word", é FROM users`).statements;
    expect(first?.words).toEqual(['select', '"word"', 'é', 'from', 'users']);
  });
});
