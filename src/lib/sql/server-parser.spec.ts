import fc from 'fast-check';
import { loadModule, parseSync, scanSync } from 'libpg-query';
import { analyse } from './analysis.js';
import { lex, tokens } from './lexer.js';

/** What is read here is held against the server's own scanner and parser. */
const SEED = 20_261_126;

beforeAll(() => loadModule());

/** The words and quoted names of a text as the server sees them, or undefined where it cannot. */
function serverNames(text: string): string[] | undefined {
  try {
    const found = scanSync(text).tokens as readonly { text: string }[];
    return found
      .filter(({ text: token }) => isName(token) && !isString(token))
      .map(({ text: token }) => (token.startsWith('"') ? token : token.toLowerCase()));
  } catch {
    return undefined;
  }
}

const isName = (token: string) => /^(?:["a-z_\u0080-\uffff]|u&")/i.test(token);
/** Of strings with a letter in front: E'…', U&'…', B'…', X'…', N'…'. */
const isString = (token: string) => /^(?:[ebxn]|u&)'/i.test(token);

interface Found {
  readonly start: number;
  readonly end: number;
}

function serverStatements(text: string): Found[] | undefined {
  try {
    const { stmts = [] } = parseSync(text) as {
      stmts?: { stmt_location?: number; stmt_len?: number }[];
    };
    return stmts.map(({ stmt_location: start = 0, stmt_len: length }) => ({
      start,
      end: length === undefined ? text.length : start + length,
    }));
  } catch {
    return undefined;
  }
}

/** All that a statement writes to by INSERT, UPDATE, DELETE or MERGE, however deep. */
function written(node: unknown, found: string[] = []): string[] {
  if (typeof node !== 'object' || node === null) return found;
  for (const [key, value] of Object.entries(node)) {
    if (WRITES.has(key)) {
      const { schemaname } = (value as { relation?: { schemaname?: string } }).relation ?? {};
      if (schemaname !== undefined) found.push(schemaname);
    }
    written(value, found);
  }
  return found;
}
const WRITES = new Set(['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']);

const PIECES = [
  'select',
  'from',
  'E',
  'e',
  'U',
  'u',
  'B',
  'x',
  'n',
  'case',
  'end',
  'begin',
  'as',
  '_a',
  'é',
  "'",
  "''",
  "'a'",
  "E'\\''",
  "e'\\\\'",
  "U&'\\0041'",
  "B'01'",
  "x'1F'",
  "N'a'",
  "'\\'",
  '"',
  '""',
  '"a"',
  '"a""b"',
  '"$tenant"',
  'U&"a"',
  'u&"\\0041"',
  '"a;b"',
  '"--"',
  '$$',
  '$a$',
  '$b$',
  '$1',
  '$a',
  'a$b',
  '$$x$$',
  '$a$ ; $b$ $a$',
  '$tenant',
  '--',
  '-- c\n',
  '/*',
  '*/',
  '/* ; */',
  '/* /* */ */',
  '\n',
  '\t',
  ' ',
  '  ',
  ';',
  ',',
  '(',
  ')',
  '.',
  '::',
  '-',
  '+',
  '/',
  '*',
  '&',
  '@',
  '<=',
  '->>',
  '|',
  ':=',
  '1',
  '1.5',
  '1e5',
  '.5',
  '0x1f',
  '10e-3',
  '0b1',
  '1.',
];

describe('tokens', () => {
  it('are names where they are the server’s', () => {
    let compared = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom('', ' ', '\n')), {
          maxLength: 14,
        }),
        (parts) => {
          const text = parts.flat().join('');
          const expected = serverNames(text);
          // Of B'01' and U&'a' the letter is a word here, which changes nothing.
          if (expected === undefined || /(?:[bxn]|u&)'/i.test(text)) return;
          compared++;
          const ours = tokens(text).filter((token) => isName(token) && !isString(token));
          expect(
            ours.map((token) => (token.startsWith('"') ? token : token.toLowerCase())),
          ).toEqual(expected);
        },
      ),
      { numRuns: 20_000, seed: SEED },
    );
    expect(compared).toBeGreaterThan(4_000);
  });
});

/** Of the kinds that PostgreSQL has, with what may be taken for the end of a statement. */
const STATEMENTS = [
  'select 1',
  "select ';', $$;$$, $a$;$b$;$a$, \";\", E'\\';', U&'\\003B;'",
  'select case when a = 1 then 2 else 3 end from t',
  'select 1 case',
  'select 1 as end',
  'with w as (insert into a.t values (1) returning *) select * from w',
  'with w as (delete from "b"."t" returning *), v as (update c.t set x = 1 returning *) insert into d.t select 1',
  'update only "$tenant".t set a = (select 1 case) where current of c',
  'delete from only t using s where t.a = s.a',
  'merge into a.t using b.s on t.a = s.a when matched then update set x = 1 when not matched then insert values (1)',
  'insert into t (a, b) values (default, 1) on conflict (a) do update set b = excluded.b returning *',
  'create function f() returns int begin atomic select 1 case; end',
  'create function f() returns int begin atomic select case when true then 1 end; select 2; end',
  'create or replace procedure p(a int default 1) begin atomic insert into a.t values (1); update b.t set x = case 1 when 1 then 2 end; end',
  'create procedure p() begin atomic end',
  "create function f() returns int language sql as 'select 1; select 2'",
  'create function f() returns int language plpgsql as $x$ begin; return 1; end; $x$',
  'create function f() returns int return case when true then 1 end',
  'create rule r as on insert to t do also (insert into a.t values (1); delete from b.t)',
  'create rule r as on update to t do instead nothing',
  'create table t (a int default (1), check (a > 0)) partition by range (a)',
  'create trigger g before update of a on t for each row when (old.a is distinct from new.a) execute function f()',
  'create view v as select 1 as a, 2 as "end"',
  'do $$ begin perform 1; end $$',
  'begin isolation level serializable',
  'start transaction read only',
  'end',
  'commit and chain',
  'rollback to savepoint s',
  "prepare transaction 'x'",
  "copy t from stdin with (format csv, delimiter ';')",
  'explain (analyze, costs off) update a.t set x = 1',
  'declare c cursor for select 1',
  "set local search_path to a, 'b;c'",
  "comment on table t is 'a;b'",
  'grant select on all tables in schema a to b',
  'lock table a.t in exclusive mode',
  'truncate a.t, b.t restart identity cascade',
  'values (1), (2)',
  'table t',
  'call p(1)',
];
const GAPS = ['', ' ', '\n', '/* ; */', '-- ;\n', '/* /* ; */ */'];

describe('statements', () => {
  const statement = fc.constantFrom(...STATEMENTS);

  it.each(STATEMENTS)('are all read by the server: %s', (text) => {
    expect(serverStatements(text)).toHaveLength(1);
    expect(lex(text).statements).toHaveLength(1);
  });

  it('end where the server ends them', () => {
    const gap = fc.constantFrom(...GAPS);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(gap, statement, gap), { minLength: 1, maxLength: 5 }),
        (parts) => {
          const text = parts.map((each) => each.join('')).join(';');
          const expected = serverStatements(text);
          expect(expected).toBeDefined();
          expect(lex(text).statements.map(({ end }) => end)).toEqual(
            expected?.map(({ end }) => end),
          );
        },
      ),
      { numRuns: 3_000, seed: SEED },
    );
  });

  it('write at least where the server writes', () => {
    fc.assert(
      fc.property(fc.array(statement, { minLength: 1, maxLength: 4 }), (parts) => {
        const text = parts.join(';');
        const expected = written(parseSync(text));
        expect(analyse(text).writesTo).toEqual(expect.arrayContaining(expected));
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });
});
