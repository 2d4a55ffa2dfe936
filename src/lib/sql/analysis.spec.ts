import * as fc from 'fast-check';
import { analyse } from './analysis.js';

const gap = fc
  .array(
    fc.oneof(
      fc.constantFrom(' ', '\t', '\n', '\r\n', '\f', '\v'),
      fc.constantFrom('/**/', '/* set /* local */ role */', '-- true\n', "-- '\r", '/* " */'),
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''));

/** The same words in any case, and with anything between them that means nothing. */
function spellings(words: readonly string[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(gap, { minLength: words.length, maxLength: words.length }),
      fc.infiniteStream(fc.boolean()),
    )
    .map(([gaps, upper]) =>
      words
        .map((word, index) => {
          // The case of a quoted name makes it another one.
          const isQuoted = word.startsWith('"');
          const spelt = word.replace(/[a-z]/g, (char) =>
            !isQuoted && upper.next().value ? char.toUpperCase() : char,
          );
          return spelt + gaps[index];
        })
        .join(''),
    );
}

/** Whole statements, alone and among others. */
const aroundStatement = fc.constantFrom<(sql: string) => string>(
  (sql) => sql,
  (sql) => ` ;${sql};`,
  (sql) => `select ';' ; ${sql}`,
  (sql) => `${sql}; select 1`,
  (sql) => `select * from "$tenant".items; ${sql} ; select * from "$tenant".items`,
  // Where PostgreSQL sees that the function is over, and who counts CASE and END does not.
  (sql) => `create function "$tenant".f() returns int begin atomic select 1 case; end; ${sql}`,
  (sql) => `create function f() returns int begin atomic select t.case from t; end;${sql}`,
  (sql) => `create view "$tenant".v as select begin atomic from t;${sql}`,
);

const aroundExpression = fc.constantFrom<(sql: string) => string>(
  (sql) => `select ${sql}`,
  (sql) => `select * from ${sql}`,
  (sql) => `select 1 from "$tenant".items where ${sql} is null`,
  (sql) => `with x as (select ${sql}) select * from x`,
  (sql) => `with x as materialized (insert into items select ${sql} returning *) select * from x`,
  (sql) => `select (array[(1), (${sql})])[1]`,
  (sql) => `select f(a, ${sql}, true)`,
  (sql) => `select set_config('app.a', ${sql}, true)`,
  (sql) => `select set_config('app.a', 'b', true), pg_catalog.${sql}`,
  (sql) => `explain analyze select ${sql}`,
  (sql) => `select 1; select ${sql}`,
  (sql) => `create function f() returns text begin atomic select 1; select ${sql}; end`,
  (sql) => `set local a.b = 'c'; select ${sql}`,
);

const ENDS = expect.stringContaining('Inside a transaction use what ends with it');
const SCOPE = expect.stringContaining('the pool sees to it as whom and where');

describe('what outlives the transaction', () => {
  const commands = fc.constantFrom(
    'set search_path to public',
    'set session search_path = public',
    'set role postgres',
    'set session authorization default',
    `set time zone 'UTC'`,
    'set "search_path" = local',
    // Settings that are called so.
    'set local . a = 1',
    'set transaction . a to 1',
    'set constraints . a = 1',
    'reset role',
    'reset all',
    'discard all',
    'listen news',
    'listen local',
    'listen transaction',
    'unlisten constraints',
    'prepare p as select 1',
    'prepare local as select 1',
    'prepare transaction as select 1',
    'deallocate all',
    `load 'x'`,
    'declare c cursor with hold for select 1',
    'create temp table t ( a int )',
    'create temporary table t as select 1',
    'create or replace local temp view t as select 1',
    'create temp table t ( "on commit drop" int )',
    'create temp table t as select 1 as on , commit drop from x',
    'create temp table t ( a int ) on commit delete rows',
    'select 1 into temp t',
    'select 1 into local temporary t',
    'select 1 insert into temp t',
    'explain analyze create temp table t as select 1',
    'create table pg_temp . t ( a int )',
    'create table "pg_temp" . t ( a int )',
    'create table pg_temp_12 . t ( a int )',
    'select pg_advisory_lock ( 1 )',
    'select "pg_try_advisory_lock_shared" ( 1 )',
    `update pg_settings set setting = 'public' where name = 'search_path'`,
    `explain analyze update pg_catalog . "pg_settings" set setting = 'x'`,
  );

  it('is refused in every spelling, and in every place', () => {
    const texts = commands.chain((sql) =>
      fc.tuple(fc.oneof(fc.constant(sql), spellings(sql.split(' '))), aroundStatement),
    );
    fc.assert(
      fc.property(texts, ([sql, around]) => {
        expect(analyse(around(sql))).toMatchObject({
          refusal: { outlivesTransaction: true },
          mayLeaveState: true,
        });
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    `set_config ( 'app.a' , $1 , false )`,
    `set_config ( 'app.a' , $1 , $2 )`,
    `set_config ( 'app.a' , $1 , not true )`,
    `set_config ( 'app.a' , $1 , true is null )`,
    `set_config ( 'app.a' , $1 , ( true ) )`,
    `set_config ( 'app.a' , $1 , "true" )`,
    `set_config ( 'app.a' , true::text , false )`,
    `set_config ( 'app.a' , true )`,
    `set_config ( is_local => true , setting_name => 'app.a' , new_value => $1 )`,
    `set_config ( variadic $1 )`,
    `"set_config" ( 'app.a' , 'b' , false )`,
    // The worse of two.
    `set_config ( 'role' , set_config ( 'app.a' , 'b' , false ) , true )`,
    `set_config ( 'role' , 'x' , true ) || set_config ( 'app.a' , 'b' , false )`,
    `set_config`,
  ])('is refused where it is %s', (call) => {
    fc.assert(
      fc.property(spellings(call.split(' ')), aroundExpression, (sql, around) => {
        expect(analyse(around(sql))).toMatchObject({
          refusal: { remedy: ENDS },
          mayLeaveState: true,
        });
      }),
    );
  });

  it.each(['do', 'call', 'select query_to_xml', 'select "ts_stat"', 'select setseed'])(
    'is looked for after %j, and not refused',
    (sql) => {
      expect(analyse(`${sql} ('x')`)).toMatchObject({
        refusal: undefined,
        mayLeaveState: true,
      });
    },
  );
});

describe('what changes as whom, where or how a tenant’s statements run', () => {
  const commands = fc.constantFrom(
    'set local role postgres',
    'set local role none',
    'set local role = postgres',
    'set local "role" to postgres',
    'set local session authorization postgres',
    'set local session authorization default',
    `set local session_authorization = 'postgres'`,
    'set local search_path to public',
    'set local search_path = default',
    'set local search_path from current',
    'set local "search_path" = public',
    'set local "SEARCH_path" = public',
    `set local schema 'public'`,
    `set local names 'SJIS'`,
    `set local client_encoding = 'SJIS'`,
    'set local standard_conforming_strings = off',
  );

  it('is refused in every spelling, and in every place', () => {
    const texts = commands.chain((sql) => fc.tuple(spellings(sql.split(' ')), aroundStatement));
    fc.assert(
      fc.property(texts, ([sql, around]) => {
        const { refusal } = analyse(around(sql));
        // Inside of something that holds it, a SET is one of the session for all that is known.
        expect([SCOPE, ENDS]).toContainEqual(refusal?.remedy);
        expect(analyse(sql)).toMatchObject({ refusal: { remedy: SCOPE }, mayLeaveState: false });
      }),
      { numRuns: 1_500 },
    );
  });

  it.each([
    ...['role', 'search_path', 'session_authorization', 'client_encoding'].map(
      (name) => `set_config ( '${name}' , $1 , true )`,
    ),
    `set_config ( 'standard_conforming_strings' , 'off' , true )`,
    // What the first argument says is not read from anything but a plain literal.
    `set_config ( $1 , $2 , true )`,
    `set_config ( 'ro' || 'le' , 'x' , true )`,
    `set_config ( 'ro'\n'le' , 'x' , true )`,
    `set_config ( e'ro\\x6ce' , 'x' , true )`,
    `set_config ( 'ro\\154e' , 'x' , true )`,
    `set_config ( U&'ro\\006ce' , 'x' , true )`,
    `set_config ( n'role' , 'x' , true )`,
    `set_config ( $$role$$ , 'x' , true )`,
    `set_config ( ( 'role' ) , 'x' , true )`,
    `set_config ( 'role' :: text , 'x' , true )`,
    `set_config ( text 'role' , 'x' , true )`,
    `set_config ( lower ( 'ROLE' ) , 'x' , true )`,
    `set_config ( setting_name => 'role' , 'x' , true )`,
    `set_config ( ( select 'role' ) , 'x' , true )`,
    `set_config ( 'it''s' , 'x' , true )`,
    `"set_config" ( 'role' , 'x' , true )`,
  ])('is refused where it is %s', (call) => {
    fc.assert(
      fc.property(spellings(call.split(' ')), aroundExpression, (sql, around) => {
        expect(analyse(around(sql))).toMatchObject({
          refusal: { reason: expect.stringMatching(/^set_config\(\)/), remedy: SCOPE },
          mayLeaveState: false,
        });
      }),
    );
  });
});

it('names the worse of two reasons', () => {
  const text = `set local role postgres; select set_config('app.a', 'b', false)`;
  expect(analyse(text)).toMatchObject({
    refusal: {
      reason: expect.stringContaining('set_config()'),
      remedy: ENDS,
      outlivesTransaction: true,
    },
    mayLeaveState: true,
  });
});

it('is not run under a name, of which it cannot be told', () => {
  const texts = fc.constantFrom(
    'execute p',
    'execute "mt1_search_path" ( $1 )',
    'explain ( analyze ) execute p',
    'create temp table t on commit drop as execute p ( 1 )',
    'create table t as execute p',
  );
  fc.assert(
    fc.property(
      texts.chain((sql) => spellings(sql.split(' '))),
      aroundStatement,
      (sql, around) => {
        expect(analyse(around(sql))).toMatchObject({
          refusal: {
            reason: expect.stringContaining('EXECUTE'),
            remedy: expect.stringContaining('Send the statement itself'),
          },
        });
      },
    ),
    { numRuns: 300 },
  );
});

describe('what cannot be read', () => {
  it.each([
    `select U&"set\\005fconfig"('role', 'x', true)`,
    `select u&"!0073et_config" uescape '!' ('role', 'x', true)`,
    'create table U&"pg_temp".x (a int)',
  ])('is refused where a name is spelt by escapes: %s', (text) => {
    expect(analyse(text)).toMatchObject({
      refusal: {
        reason: expect.stringContaining('escapes'),
        remedy: expect.stringContaining('Write the name itself'),
      },
      mayLeaveState: true,
    });
  });

  it.each([
    'create temp table t (a int)\0 on commit drop',
    "select '\0'",
    `select $\ud800$ ' $\udfff$`,
    'select 1 /* \udc00 */',
  ])('is refused where the server gets another text: %j', (text) => {
    expect(analyse(text)).toMatchObject({
      refusal: { remedy: expect.stringContaining('Remove it') },
      mayLeaveState: true,
    });
  });
});

describe('what ends with the transaction, and changes nothing else', () => {
  const texts = fc.constantFrom(
    'set local statement_timeout = 1000',
    `set local time zone 'UTC'`,
    `set local app.user_id = 'role'`,
    `set local "app" . "role" = 'x'`,
    'set local session characteristics as transaction read only',
    'set transaction read only',
    'set constraints all deferred',
    `prepare transaction 'x'`,
    'create temp table t ( a int ) on commit drop',
    'create temporary table t on commit drop as select 1',
    'insert into temp ( a ) values ( 1 )',
    'declare c cursor without hold for select 1',
    'select pg_advisory_xact_lock ( 1 )',
    `select set_config ( 'app.user_id' , $1 , true )`,
    `select pg_catalog . "set_config" ( 'app.role' , $1 , true ) from "$tenant".x`,
    `select set_config ( 'app.a' , $1 :: text , true ) , set_config ( 'app.b' , ( select f ( a , b ) ) , true )`,
    `select set_config ( 'app.a' , ( array [ 'a' , 'b' ] ) [ 1 ] , true )`,
  );

  it('is sent in every spelling', () => {
    fc.assert(
      fc.property(
        texts.chain((sql) => spellings(sql.split(' '))),
        (sql) => {
          expect(analyse(sql)).toMatchObject({
            refusal: undefined,
            mayLeaveState: false,
          });
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    `select 'set local role x; reset all'`,
    `select $$ ; set role x $$ -- ; set role x`,
    `select E'\\'; set role x; --' /* ; set role x */`,
    'update users set role = $1, search_path = $2 where "set_config " = 1',
    'select "set", role, "pg_temperature" from "$tenant".listen',
    `select name, setting from pg_settings`,
    'grant execute on function "$tenant".f to x',
    'create trigger t after insert on "$tenant".items for each row execute function f()',
    'select execute from "$tenant".jobs',
    'create table "into temp" (a int)',
    `select 'set_config(', $1 from "$tenant".x`,
    'create rule r as on insert to "$tenant".t do also (insert into a values (1); delete from b)',
    `create function "$tenant".f() returns int begin atomic select case when true then 1 end; end`,
  ])('is not seen where there is none: %s', (text) => {
    expect(analyse(text)).toMatchObject({ refusal: undefined, mayLeaveState: false });
  });
});

describe('the parts of a text', () => {
  const effects = (text: string) =>
    analyse(text).parts.map(({ effect, chains }) => (chains ? `${effect} and chains` : effect));

  it.each([
    ['begin', ['begins']],
    ['start transaction isolation level serializable', ['begins']],
    ['commit', ['commits']],
    ['end work', ['commits']],
    ['rollback', ['rolls back']],
    ['abort', ['rolls back']],
    ['commit and chain', ['commits and chains']],
    ['rollback work and chain', ['rolls back and chains']],
    ['commit and no chain', ['commits']],
    ['savepoint a', ['controls']],
    ['rollback to savepoint chain', ['controls']],
    ['release a', ['controls']],
    ['set transaction read only', ['controls']],
    ['set local a.b = 1', []],
    ['select 1; set local a.b = 1', ['works', 'controls']],
    ['begin; select 1; commit', ['begins', 'works', 'commits']],
    ['select 1', []],
    [';; select 1 ;;', []],
  ])('of %s', (text, expected) => {
    expect(effects(text)).toEqual(expected);
  });

  it('are split at the marker one by one', () => {
    expect(analyse('select 1 from "$tenant".a; select 2').parts).toMatchObject([
      { segments: ['select 1 from ', '.a'] },
      { segments: ['select 2'] },
    ]);
  });
});

describe('what creates something', () => {
  it.each([
    'create table a (b int)',
    'with x as (select 1) select * into a from x',
    'import foreign schema a from server b into c',
    'select 1; create view v as select 1',
  ])('is seen in %s', (text) => {
    expect(analyse(text).creates).toBe(true);
  });

  it.each([
    'select 1',
    'update a set b = 1',
    'insert into a values (1)',
    'merge into a using b on c when matched then do nothing',
    'with x as (insert into a values (1) returning *) select * from x',
    "select 'create'",
    // Nothing of it is in the schema that the search path begins with.
    'create schema a create table b (c int)',
  ])('is not seen in %s', (text) => {
    expect(analyse(text).creates).toBe(false);
  });
});

describe('the control of transactions', () => {
  it.each([
    'begin',
    'select 1; rollback to savepoint a',
    'set transaction read only',
    'create function "$tenant".f() returns int begin atomic select 1 case; end; begin',
    'create rule r as on insert to t do (select 1; commit)',
  ])('is seen in %s', (text) => {
    expect(analyse(text).controlsTransaction).toBe(true);
  });

  it.each([
    `select 'begin'`,
    'create function f() returns int begin atomic select 1; select 2; end',
    'select 1; select 2',
  ])('is not seen in %s', (text) => {
    expect(analyse(text).controlsTransaction).toBe(false);
  });

  it('is not all that a text does which holds other statements', () => {
    const text = 'create function f() begin atomic select 1 case; end; commit';
    expect(analyse(text).onlyControlsTransaction).toBe(false);
    expect(analyse('savepoint a; set local a.b = 1').onlyControlsTransaction).toBe(true);
  });
});

describe('a text of a megabyte', () => {
  it.each([
    ['', 'create '],
    ['', 'create or '],
    ['create temp table x ', 'on commit '],
    ['', 'into temp '],
    ['', 'pg_settings '],
    ['', '"pg_x"'],
    ['select ', 'set_config('],
    ['select ', `set_config('a.b',`],
    ['select ', `set_config('a.b',1,true) `],
    [`select set_config('a.b',1,true) `, '['],
  ])('is analysed in linear time where %j is followed by nothing but %j', (before, shape) => {
    const started = performance.now();
    expect(analyse(before + shape.repeat(1_000_000 / shape.length)).marked).toBe(false);
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
