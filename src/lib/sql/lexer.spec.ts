import * as fc from 'fast-check';
import { ESCAPED_NAME, lex, tokens } from './lexer.js';

const MARKER = '"$tenant"';
const SCHEMA = '"tenant_acme"';
const qualify = (text: string) => lex(text).segments.join(SCHEMA);
const statements = (text: string) =>
  lex(text).statements.map(({ start, end }) => text.slice(start, end));

/** Data that looks like everything else. */
const data = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          MARKER,
          '$tenant',
          "'",
          '"',
          '\\',
          ';',
          '$',
          '$$',
          '$a$',
          '$A$',
          '$ab$',
          '--',
          '/*',
          '*/',
          '\n',
          '\r',
          'E',
          'U&',
          'begin atomic',
          ' ',
        ),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom('é', '😀', 'e\u0301', '\u00a0', '\f', '1', 'a', '.'),
      },
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''));

const blockComment = fc.letrec<{ comment: string }>((tie) => ({
  comment: fc
    .array(
      fc.oneof(
        { depthSize: 'small' },
        { weight: 3, arbitrary: data.map((text) => text.replace(/[*/]/g, '')) },
        { weight: 1, arbitrary: fc.constantFrom('* ', '/ ', '*\n', ' -') },
        { weight: 1, arbitrary: tie('comment') },
      ),
      { maxLength: 3 },
    )
    .chain((parts) =>
      fc.constantFrom('', '*', '**').map((stars) => `/*${parts.join('')}${stars}*/`),
    ),
})).comment;

const lineBreak = fc.constantFrom('\n', '\r', '\r\n');
const gap = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom(' ', '\t', '\n', '\r\n', '\f', '\v') },
      { weight: 1, arbitrary: blockComment },
      {
        weight: 1,
        arbitrary: fc
          .tuple(data, lineBreak)
          .map(([text, end]) => `--${text.replace(/[\r\n]/g, '')}${end}`),
      },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''));

const quotedName = data
  .filter((text) => text !== '' && text !== '$tenant')
  .map((text) => `"${text.replaceAll('"', '""')}"`);

const string = data.map((text) => `'${text.replaceAll("'", "''")}'`);

/** With each quote in one of the two ways it can be written, and perhaps in several pieces. */
const escapeString = fc
  .tuple(
    fc.constantFrom('e', 'E'),
    fc.array(fc.tuple(data, fc.boolean()), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('\n', ' \n ', ' -- "$tenant" \'\n', '\n-- \\\n\r\n', '\f\r'),
  )
  .map(([prefix, pieces, between]) => {
    const literals = pieces.map(([text, backslash]) => {
      const escaped = text.replaceAll('\\', '\\\\');
      return `'${escaped.replaceAll("'", backslash ? "\\'" : "''")}'`;
    });
    return prefix + literals.join(between);
  });

const dollarQuote = fc
  .tuple(fc.constantFrom('$$', '$a$', '$_1$', '$é😀$'), data)
  .map(([tag, text]) => {
    const closesWhereItShould = (text + tag).indexOf(tag) === text.length;
    return tag + (closesWhereItShould ? text : text.replaceAll('$', '')) + tag;
  });

const plain = fc.oneof(
  fc.constantFrom(...'select FROM case END begin e U n a$b a$$b İ é 😀 _ \u00a0'.split(' ')),
  fc.constantFrom(...'$1 $23 1 1.5 .5 1e5 1E-5 0xff 1_000 ::text . , [ ] :='.split(' ')),
  fc.constantFrom(...'+ - * / % @> ->> #- !~* <-> & ?| || ='.split(' ')),
);

const token = fc.oneof(
  { weight: 3, arbitrary: plain },
  { weight: 1, arbitrary: quotedName },
  { weight: 1, arbitrary: string },
  { weight: 1, arbitrary: escapeString },
  { weight: 1, arbitrary: dollarQuote },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('N', 'b', 'X', 'u&', 'U&'), string)
      .map(([prefix, text]) => prefix + text),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.constantFrom('u&', 'U&'), fc.oneof(quotedName, fc.constant(MARKER)))
      .map(([prefix, name]) => prefix + name),
  },
);

const aGap = gap.map((sql): Part => ({ sql, kind: 'gap' }));
const noGap = fc.constant<Part>({ sql: '', kind: 'gap' });

const piece = fc.oneof(
  {
    weight: 8,
    arbitrary: token.map((sql): Part[] => [
      { sql, kind: 'token' },
      // A string in the next line would go on with its escapes.
      ...(/^e'/i.test(sql) ? [{ sql: ',', kind: 'token' } as const] : []),
    ]),
  },
  { weight: 1, arbitrary: fc.constant<Part[]>([{ sql: '\u0001', kind: 'marker' }]) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.oneof(noGap, aGap), fc.oneof(noGap, aGap), fc.constantFrom('"x"', 'x'))
      .map(([before, after, sql]): Part[] => [
        { sql: '\u0001', kind: 'qualifier' },
        before,
        { sql: '.', kind: 'token' },
        after,
        { sql, kind: 'token' },
      ]),
  },
);

/** Tokens with a gap behind each, and now and then a pair of parentheses around some. */
const statement = fc
  .array(fc.tuple(piece, aGap, fc.constantFrom('', '', '', '()')), { minLength: 1, maxLength: 8 })
  .map((all) =>
    all.flatMap(([parts, space, around], index): Part[] => {
      const [first] = parts;
      // Of a marker alone, a dot behind it would make a qualifier; of a minus, another a comment.
      if (first?.sql.startsWith('.') && all[index - 1]?.[0][0]?.kind === 'marker') return [];
      const behind = first?.sql.endsWith('-')
        ? [{ sql: ' ', kind: 'gap' } as const, space]
        : [space];
      if (around === '') return [...parts, ...behind];
      return [{ sql: '(', kind: 'token' }, ...parts, ...behind, { sql: ')', kind: 'token' }, space];
    }),
  );

/** Statements, some of them empty, with semicolons between. */
const script = fc
  .array(fc.tuple(fc.option(aGap), fc.option(statement, { freq: 4 })), {
    minLength: 1,
    maxLength: 4,
  })
  .map((all) =>
    all.flatMap(([space, parts], index): Part[] => [
      ...(index > 0 ? [{ sql: ';', kind: 'semicolon' } as const] : []),
      ...(space ? [space] : []),
      ...(parts ?? []),
    ]),
  );

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
    ['select U& "$tenant".x', 'select U& "tenant_acme".x'],
    ['select a$U&"$tenant".x', 'select a$U&"tenant_acme".x'],
    [`select N'\\' from "$tenant".x`, `select N'\\' from "tenant_acme".x`],
    [`select B'1', X'ff' from "$tenant".x`, `select B'1', X'ff' from "tenant_acme".x`],
    [`select U&'\\' from "$tenant".x`, `select U&'\\' from "tenant_acme".x`],
    ['select 1 +-- c\rfrom "$tenant".x', 'select 1 +-- c\rfrom "tenant_acme".x'],
    ['select 1 */* c */2 from "$tenant".x', 'select 1 */* c */2 from "tenant_acme".x'],
    [
      'select 1 /* ** /*/ */ **/*/ from\f"$tenant".x',
      'select 1 /* ** /*/ */ **/*/ from\f"tenant_acme".x',
    ],
    // Two literals: block comments do not continue one.
    [`select E'a' /*\n*/ '\\' "$tenant".x`, `select E'a' /*\n*/ '\\' "tenant_acme".x`],
    [`select E'a' '\\' "$tenant".x`, `select E'a' '\\' "tenant_acme".x`],
    [`select E'a' -- c '\\' "$tenant".x`, `select E'a' -- c '\\' "$tenant".x`],
    ['select 1 as "$tenant"', 'select 1 as "tenant_acme"'],
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
    'select $tenant, $tenant.x',
    'select u&"$tenant"',
    'select 1U&"$tenant"',
    'select $1U&"$tenant"',
    'select 1$a$ "$tenant" $a$',
    'select $1$a$ "$tenant" $a$',
    'select 1e5$$ "$tenant" $$',
    `select 1e'\\'"$tenant"'`,
    `select U&'a'\n'"$tenant"'`,
    `select E'a'\r\f\v -- c\n--\n'\\'"$tenant"'`,
    'select $a$ $A$ "$tenant" $ab$ $1a$ $a $a$',
    'select $$ $a "$tenant" $1 $ $$',
    `select '"$tenant"`,
    `select $$"$tenant"`,
    `select /* "$tenant"`,
  ])('is left alone in %j', (text) => {
    expect(qualify(text)).toBe(text);
  });

  it('is replaced where it stands as a name and nowhere else, in any text', () => {
    fc.assert(
      fc.property(script, (parts) => {
        const text = written(parts, MARKER);
        const { segments } = lex(text);
        expect(segments.join(SCHEMA)).toBe(written(parts, SCHEMA));
        expect(segments.join(MARKER)).toBe(text);
      }),
      { numRuns: 1_500 },
    );
  });

  it('is told of the statement that it is in', () => {
    fc.assert(
      fc.property(statement, (parts) => {
        const [found] = lex(written(parts, MARKER)).statements;
        const kinds = parts.map(({ kind }) => kind);
        const marked = kinds.includes('marker') || kinds.includes('qualifier');
        expect(found?.marked).toBe(marked);
      }),
      { numRuns: 1_000 },
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
        'u&',
        '\\',
        '"$tenant"',
        'é',
        '(',
        ')',
        '1',
      ),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const sql = parts.join('');
        const { segments, statements: found } = lex(sql);
        expect(segments.join(MARKER)).toBe(sql);
        let end = 0;
        for (const next of found) {
          expect(next.start).toBeGreaterThanOrEqual(end);
          expect(next.end).toBeGreaterThan(next.start);
          end = next.end;
        }
        expect(end).toBeLessThanOrEqual(sql.length);
      }),
      { numRuns: 3_000 },
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
    [
      'create or replace procedure p() begin atomic select 1 as case; select (case 1 when 1 then 1 end); end; select 3',
      [
        'create or replace procedure p() begin atomic select 1 as case; select (case 1 when 1 then 1 end); end',
        'select 3',
      ],
    ],
    [
      'create function f() returns int begin atomic select t.end; select 2; end; select 3',
      ['create function f() returns int begin atomic select t.end; select 2; end', 'select 3'],
    ],
    // What is a name there, and no end: `case` and `end` of their own.
    [
      'create function f() returns int begin atomic select 1 case; end; end; insert into items values (1)',
      [
        'create function f() returns int begin atomic select 1 case; end',
        'end',
        'insert into items values (1)',
      ],
    ],
    [
      'create procedure p() begin atomic select 1 end; select 2 as end, 3 "end"; end; select 4',
      ['create procedure p() begin atomic select 1 end; select 2 as end, 3 "end"; end', 'select 4'],
    ],
    [
      'create procedure p() begin atomic end; select 1',
      ['create procedure p() begin atomic end', 'select 1'],
    ],
    [
      'create function f() returns int begin atomic select case (select 1 case) when 1 then 2 end; /* ; */ end /**/; commit',
      [
        'create function f() returns int begin atomic select case (select 1 case) when 1 then 2 end; /* ; */ end /**/',
        'commit',
      ],
    ],
    ['create table begin (atomic int); select 1', ['create table begin (atomic int)', 'select 1']],
    [
      'create view v as select begin atomic from t; select 1',
      ['create view v as select begin atomic from t', 'select 1'],
    ],
    [
      'create function f(a int default (select begin atomic from t)) returns int return 1; select 1',
      [
        'create function f(a int default (select begin atomic from t)) returns int return 1',
        'select 1',
      ],
    ],
    ['begin; select 1; end; select 2', ['begin', 'select 1', 'end', 'select 2']],
  ])('of %j', (text, expected) => {
    expect(statements(text)).toEqual(expected);
  });

  it('are told apart by their words, which numbers and strings are none of', () => {
    const [first] = lex(`SELECT 1e5, 0xff, e'x', "word", é FROM users`).statements;
    expect(first?.words).toEqual(['select', '"word"', 'é', 'from', 'users']);
  });

  it('are told apart by their words, which semicolons inside of them part', () => {
    const [first] = lex('create rule r as on insert to t do (select 1; set U&"a")').statements;
    expect(first?.words.slice(-4)).toEqual(['select', ';', 'set', ESCAPED_NAME]);
  });

  it('are found, all of them and no others, in any text', () => {
    fc.assert(
      fc.property(script, (parts) => {
        const expected = partition(parts).flatMap((statementParts) => {
          const from = statementParts.findIndex(({ kind }) => kind !== 'gap');
          return from === -1 ? [] : [written(statementParts.slice(from), MARKER)];
        });
        expect(statements(written(parts, MARKER))).toEqual(expected);
      }),
      { numRuns: 1_500 },
    );
  });
});

describe('tokens', () => {
  it('are what stands between space and comments', () => {
    expect(tokens(`SELECT/* c */E'\\''::Text,"A" ->> $1-- c\n, 1.5e3 U&"b" $$ c $$`)).toEqual([
      'select',
      `E'\\''`,
      ':',
      ':',
      'text',
      ',',
      '"A"',
      '-',
      '>',
      '>',
      '$1',
      ',',
      '1',
      '.',
      '5e3',
      'U&"b"',
      '$$ c $$',
    ]);
  });

  it('are together all of the text but that', () => {
    fc.assert(
      fc.property(statement, (parts) => {
        const solid = parts.filter(({ kind }) => kind !== 'gap');
        // Words are in lower case.
        expect(tokens(written(parts, MARKER)).join('').toLowerCase()).toBe(
          written(solid, MARKER).toLowerCase(),
        );
      }),
      { numRuns: 500 },
    );
  });
});

/** A piece of SQL. In `sql` the marker as a name is U+0001, which stands nowhere else. */
interface Part {
  readonly sql: string;
  readonly kind: 'gap' | 'token' | 'marker' | 'qualifier' | 'semicolon';
}

function written(parts: readonly Part[], name: string): string {
  return parts.map(({ sql }) => sql.replaceAll('\u0001', name)).join('');
}

function partition(parts: readonly Part[]): Part[][] {
  const found: Part[][] = [[]];
  for (const part of parts) {
    if (part.kind === 'semicolon') found.push([]);
    else found.at(-1)?.push(part);
  }
  return found;
}

describe('a text of a megabyte', () => {
  // The slowest takes a second on a slow machine; what grows with the square takes minutes.
  it.each([
    ...`' " $ $$ $a $1 1$ /* */ -- /*/ u&" a$ "$tenant". x; (`.split(' '),
    "e''\n",
    'case ',
    'create function f() begin atomic ',
  ])('is read in linear time where it is all %j', (shape) => {
    const text = shape.repeat(1_000_000 / shape.length);
    const started = performance.now();
    expect(lex(text).segments.join(MARKER)).toBe(text);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
