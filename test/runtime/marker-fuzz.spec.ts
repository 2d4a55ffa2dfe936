import * as fc from 'fast-check';
import pg from 'pg';
import { runWithTenant, UnsupportedStatementError, withoutTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

const MARKER = '"$tenant"';
/** Where the marker stands as a name, and where a table goes without; both stand nowhere else. */
const HERE = '\u0001';
const BARE = '\u0002';

const tenancy = useTenancy({ max: 1 });
let acme: Tenant;
let plain: pg.Client;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  plain = new pg.Client({ connectionString: tenancy.database.connectionString });
  // The database is dropped before it is ended.
  plain.on('error', () => undefined);
  await plain.connect();
  await tenancy.database.query(`
    insert into ${acme.schema}.items (owner) values ('of acme');
    create table public.items as select 1 as id, 'of public' as owner, '' as note;
    -- What a text reads as it is: in a database of tenants this schema does not exist.
    create schema ${MARKER};
    create table ${MARKER}.items as select 1 as id, 'of nobody' as owner, '' as note;`);
});

afterAll(() => plain.end());

/** As the application writes it. */
const marked = (sql: string) => sql.replaceAll(HERE, MARKER).replaceAll(BARE, '');
/** As it is meant. */
const meant = (sql: string) =>
  sql.replaceAll(HERE, `"${acme.schema}"`).replaceAll(BARE, `"${acme.schema}".`);

interface Outcome {
  readonly rows: unknown[][][];
  readonly columns: string[];
  /** The SQLSTATE, or the name of the error. */
  readonly error?: string;
}

async function outcome(sending: Promise<unknown>): Promise<Outcome> {
  try {
    const result = (await sending) as pg.QueryArrayResult | pg.QueryArrayResult[];
    const all = Array.isArray(result) ? result : [result];
    return {
      rows: all.map(({ rows }) => rows),
      columns: all.flatMap(({ fields }) => fields.map(({ name }) => name)),
    };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = error instanceof pg.DatabaseError ? error.code : error.name;
    return { rows: [], columns: [], error: code };
  }
}

const asAcme = (text: string, values?: unknown[]) =>
  outcome(
    runWithTenant(acme, () => tenancy.connections.pool.query({ text, values, rowMode: 'array' })),
  );

/** Through a client that knows nothing of tenants. */
const asNobody = (text: string, values?: unknown[]) =>
  outcome(plain.query({ text, values, rowMode: 'array' }));

/** Data that looks like everything else. */
const data = fc
  .array(
    fc.oneof(
      {
        weight: 3,
        arbitrary: fc.constantFrom(MARKER, `${MARKER}.items`, "'", "''", '"', '\\', ';'),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom('$', '$$', '$a$', '--', '/*', '*/', '\n', '\r', ' '),
      },
      { weight: 1, arbitrary: fc.constantFrom('E', "U&'", 'é', '😀', 'e\u0301', '\u00a0', '\v') },
    ),
    { maxLength: 6 },
  )
  .map((parts) => parts.join(''));

const gap = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(' ', '\t', '\n', '\r\n', '\f') },
      {
        weight: 1,
        arbitrary: fc
          .tuple(data, fc.constantFrom('\n', '\r'))
          .map(([text, end]) => `--${text.replace(/[\r\n]/g, '')}${end}`),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(data, fc.boolean())
          .map(([text, nested]) => text.replace(/[*/]/g, '') + (nested ? `/*"*/'${MARKER}` : ''))
          .map((text) => `/*${text}*/`),
      },
    ),
    { minLength: 1, maxLength: 3 },
  )
  .map((parts) => parts.join(''));

/** A text, and one of the ways to write it. */
interface Literal {
  readonly value: string;
  readonly sql: string;
}

const quote = (text: string) => `'${text.replaceAll("'", "''")}'`;

const literal: fc.Arbitrary<Literal> = fc.oneof(
  data.map((value) => ({ value, sql: quote(value) })),
  fc
    .tuple(data, fc.constantFrom('N', 'n', 'text ', 'varchar/**/'))
    .map(([value, prefix]) => ({ value, sql: prefix + quote(value) })),
  fc
    .tuple(
      fc.array(data, { minLength: 1, maxLength: 3 }),
      fc.array(fc.constantFrom("\\'", "''", '\\x27', '\\047'), { minLength: 1, maxLength: 5 }),
      fc.constantFrom('\n', ' \r ', ` -- ${MARKER} '\n`, '\n--\\\n--\n\t'),
    )
    .map(([pieces, marks, between]) => {
      let quotes = 0;
      const written = pieces.map((text) => {
        const escaped = text.replaceAll('\\', '\\\\');
        return `'${escaped.replaceAll("'", () => marks[quotes++ % marks.length] ?? "''")}'`;
      });
      return { value: pieces.join(''), sql: `E${written.join(between)}` };
    }),
  fc.tuple(data, data, fc.constantFrom('\n', '\r\n \f')).map(([one, other, between]) => ({
    value: one + other,
    sql: quote(one) + between + quote(other),
  })),
  data.map((value) => ({
    value,
    sql: `U&${quote(value.replaceAll('\\', '\\\\').replaceAll('$', '\\0024'))}`,
  })),
  data
    .filter((value) => !value.includes('!'))
    .map((value) => ({ value, sql: `u&${quote(value.replaceAll('t', '!0074'))} uescape '!'` })),
  fc.tuple(data, fc.constantFrom('$$', '$a$', '$_é1$', '$tenant$')).map(([text, tag]) => {
    const closes = (text + tag).indexOf(tag) === text.length;
    const value = closes ? text : text.replaceAll('$', '');
    return { value, sql: tag + value + tag };
  }),
);

const alias = data
  .filter((text) => text !== '' && text !== '$tenant' && Buffer.byteLength(text) <= 62)
  .map((text) => `"v${text.replaceAll('"', '""')}"`);

/** A statement whose first column is the literal and whose second is whose rows were read. */
const select = fc
  .tuple(
    literal,
    literal,
    alias,
    fc.array(gap, { minLength: 14, maxLength: 14 }),
    fc.constantFrom(`${HERE}.items`, `${HERE}."items"`, `${BARE}items`),
    fc.constantFrom('5-+2', '1e0*1', '$$$$||1', 'array[1]', '2 # -1', '0::int/*/**/*/'),
  )
  .map(([value, other, name, gaps, table, expression]) => ({
    value: value.value,
    sql: [
      'select',
      value.sql,
      `as ${name}`,
      ',',
      'i.owner',
      ',',
      expression,
      'from',
      table.replace('.', () => `${gaps[12]}.${gaps[13]}`),
      'AS i',
      'where',
      other.sql,
      '=',
      other.sql,
    ]
      .map((token, index) => token + (gaps[index] ?? ''))
      .join(''),
  }));

/** Literals whose quotes are not doubled: some end early, and what follows is SQL. */
const soup = fc
  .tuple(
    fc.array(
      fc
        .tuple(
          fc.constantFrom("'", "E'", "e'", "N'", "U&'", '$$', '$a$', '"', 'U&"', ''),
          fc.array(
            fc.oneof(
              fc.constantFrom(
                "'",
                "''",
                "\\'",
                '\\',
                '"',
                '$',
                '$$',
                '$a$',
                '--',
                '\n',
                '/*',
                '*/',
              ),
              fc.constantFrom(
                MARKER,
                `${MARKER}.items`,
                ' ',
                'x',
                'as',
                ',',
                '||',
                "E'",
                '/**/',
                ';',
              ),
            ),
            { maxLength: 4 },
          ),
        )
        .map(([open, body]) => open + body.join('') + open.replace(/^(?:E|N|U&)/i, '')),
      { minLength: 1, maxLength: 3 },
    ),
    fc.constantFrom('||', ',', '\n', " -- '\n", ' /* \n */ ', ' ', '--\r||'),
    fc.constantFrom(' ', '\n', '/**/', ' /* " */ ', ' as a '),
  )
  .map(
    ([parts, between, end]) => `select ${parts.join(between)}${end}, owner from ${MARKER}.items`,
  );

describe('SQL of any spelling', () => {
  it('gives what it gives with the schema written out, and leaves data as it is', async () => {
    await fc.assert(
      fc.asyncProperty(select, async ({ sql, value }) => {
        const result = await asAcme(marked(sql));
        expect(result).toEqual(await asNobody(meant(sql)));
        expect(result.rows[0]?.[0]?.slice(0, 2)).toEqual([value, 'of acme']);
      }),
      { numRuns: 250 },
    );
  });

  it('does so with parameters, and in a text of several statements', async () => {
    const several = fc.tuple(select, fc.array(select, { minLength: 1, maxLength: 3 }), data);
    await fc.assert(
      fc.asyncProperty(several, async ([first, others, value]) => {
        const withParameter = first.sql.replace('select', 'select $1::text as p,');
        const one = await asAcme(marked(withParameter), [value]);
        expect(one).toEqual(await asNobody(meant(withParameter), [value]));
        expect(one.rows[0]?.[0]?.slice(0, 3)).toEqual([value, first.value, 'of acme']);

        const all = [first, ...others].map(({ sql }) => sql).join(';');
        const many = await asAcme(marked(all));
        expect(many).toEqual(await asNobody(meant(all)));
        expect(many.rows).toHaveLength(1 + others.length);
      }),
      { numRuns: 100 },
    );
  });

  // No construction tells here where the marker is a name: the server does, which has that schema.
  it('gives what it gives where a schema is really called like the marker', async () => {
    let understood = 0;
    await fc.assert(
      fc.asyncProperty(soup, async (text) => {
        const result = await asAcme(text);
        // U&"…" and the like: it is refused, and not read.
        if (result.error === UnsupportedStatementError.name) return;
        const { rows, error } = await asNobody(text);
        if (error === undefined) understood++;
        expect(result.error).toBe(error);
        // An alias is renamed with the schema; what is in the rows is not.
        expect(result.rows).toEqual(
          rows.map((set) => set.map((row) => row.map((v) => (v === 'of nobody' ? 'of acme' : v)))),
        );
      }),
      { numRuns: 700 },
    );
    // Syntax errors alone would prove nothing.
    expect(understood).toBeGreaterThan(50);
  });
});

/** Each sets something, or says that it does. */
const SETTINGS = [
  ...['set', 'set local', 'SET\nSession'].flatMap((command) =>
    [
      'search_path to public',
      '"search_path" = public',
      `"Search_PATH" to 'public'`,
      'search_path = default',
      `schema 'public'`,
      'role pg_monitor',
      'role none',
      `"ROLE" = 'pg_monitor'`,
      'session authorization pg_monitor',
      `session_authorization = 'pg_monitor'`,
      `names 'LATIN1'`,
      `client_encoding = 'LATIN1'`,
      'standard_conforming_strings to off',
    ].map((what) => `${command} ${what}`),
  ),
  ...['local', 'transaction', 'constraints'].flatMap((name) => [
    `set ${name}.x = 1`,
    `set ${name}/**/.x to 1`,
    `listen ${name}`,
    `prepare ${name} as select 1`,
  ]),
  ...[
    `'search_path'`,
    `'SEARCH_path'`,
    `'search'\n'_path'`,
    `'search' || '_path'`,
    `e'search\\137path'`,
    `u&'search!005fpath' uescape '!'`,
    '$$search_path$$',
    `( 'search_path' )`,
    `text 'search_path'`,
    `'search_path'::text`,
    `(select 'search_path')`,
  ].flatMap((name) => [
    `select set_config(${name}, 'public', true)`,
    `with c as materialized (select "set_config" ( ${name} , concat('pub', 'lic') , true )) table c`,
  ]),
  ...['false', 'true is null', 'not true', '(1 = 0)', 'true and false', 'null'].map(
    (isLocal) => `select * from pg_catalog.set_config('app.x', true::text, ${isLocal})`,
  ),
  `select U&"set\\005fconfig"('search_path', 'public', true)`,
  `select u&"set!005fconfig" uescape '!' ('app.x', 'public', false)`,
  `update pg_settings set setting = 'public' where name = 'search_path'`,
  `explain analyze update pg_catalog."pg_settings" set setting = 'public' where name = 'search_path'`,
  'select pg_advisory_lock(1)',
  'select "pg_try_advisory_lock"(1)',
  'declare c cursor with hold for select 1',
];

/** Words of SQL that sets something, put together without knowing what comes of it. */
const setting = fc
  .oneof(
    fc.tuple(fc.constantFrom(...SETTINGS)),
    fc.tuple(
      fc.constantFrom('set', 'set local', 'set session', 'reset', 'set local session'),
      fc.constantFrom('search_path', 'schema', 'role', 'authorization', 'local', 'transaction'),
      fc.constantFrom('to', '=', '', '.x ='),
      fc.constantFrom('public', `'public'`, 'pg_monitor', 'default', 'local', 'read only', ''),
    ),
    fc.tuple(
      fc.constantFrom('listen', 'prepare', 'deallocate', 'unlisten'),
      fc.constantFrom('local', 'transaction', 'constraints', '"set"', 'all'),
      fc.constantFrom('as select 1', ''),
    ),
    fc.tuple(
      fc.constantFrom('create', 'create local', 'create or replace', 'create global'),
      fc.constantFrom('temp table t', 'temporary table t', 'temp view t', 'table pg_temp.t'),
      fc.constantFrom('(a int)', '("on commit drop" int)', '("on", "commit", "drop")', ''),
      fc.constantFrom(
        'on commit drop',
        'on commit drop as select 1 as a',
        'as select 1 as on, commit drop from (select 1 as commit) c',
        'as select 1 as a',
        '',
      ),
    ),
    fc.tuple(
      fc.constantFrom('select 1', 'select 1 as', 'select 1 insert', 'explain analyze select 1 a'),
      fc.constantFrom('insert into', 'into', 'into local', 'into "temp"'),
      fc.constantFrom('temp t', 'temporary table t', 'temp'),
    ),
    fc.tuple(
      fc.constantFrom(
        `set local app.y = 'role'`,
        'set local statement_timeout = 1000',
        'create temp table t ( a int ) on commit drop',
        `select set_config ( 'app.x' , 'role' , true )`,
      ),
    ),
  )
  .map((parts) => parts.join(' '));

const place = fc.constantFrom<(sql: string) => string>(
  (sql) => sql,
  (sql) => sql,
  (sql) => `select owner from ${MARKER}.items;${sql}`,
  (sql) => `/* ' */ ; ${sql} ; select 1`,
  (sql) =>
    `create or replace function ${MARKER}.f() returns int begin atomic select 1 case; end;${sql}`,
  (sql) =>
    `create or replace view ${MARKER}.v as select begin atomic from (select 1 as begin) b;${sql}`,
);

const settings = (names: readonly string[]) =>
  names.map((name) => `coalesce(current_setting('${name}', true), '')`).join(', ');

/** As whom, where and how statements run. */
const SCOPE = settings([
  'search_path',
  'role',
  'session_authorization',
  'client_encoding',
  'standard_conforming_strings',
]);

/** What can be left on a connection. */
const STATE = `select ${SCOPE},
  ${settings(['app.x', 'local.x', 'transaction.x', 'constraints.x'])},
  (select array_agg(relname::text) from pg_class where relnamespace = pg_my_temp_schema()),
  (select array_agg(channel) from pg_listening_channels() channel),
  (select array_agg(name) from pg_prepared_statements where from_sql),
  (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid())`;

describe('what a tenant sets', () => {
  const stateOfPool = () =>
    outcome(withoutTenant(() => tenancy.connections.pool.query({ text: STATE, rowMode: 'array' })));

  /** Sends it alone and inside of a transaction. Whether it was taken there. */
  async function leavesNothing(text: string, end = 'commit'): Promise<boolean> {
    await asAcme(text);
    expect(await stateOfPool()).toEqual(untouched);
    const taken = await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      const send = (one: string) => outcome(client.query({ text: one, rowMode: 'array' }));
      const scope = `select ${SCOPE} from ${MARKER}.items`;
      await send('begin');
      // Without the marker, which sets the search path.
      await send('select 1');
      const before = await send(scope);
      const { error } = await send(text);
      if (error === undefined) expect(await send(scope)).toEqual(before);
      await send(end);
      client.release();
      return error === undefined;
    });
    expect(await stateOfPool()).toEqual(untouched);
    return taken;
  }

  let untouched: Outcome;
  beforeAll(async () => {
    untouched = await stateOfPool();
  });

  it('is nothing that the next one on the connection has, nor its own next statement', async () => {
    for (const sql of SETTINGS) expect([sql, await leavesNothing(sql)]).toEqual([sql, false]);
  });

  it('is not what the runtime prepared for itself', async () => {
    await asAcme('select 1');
    const { rows } = await withoutTenant(() =>
      tenancy.connections.pool.query<{ name: string; types: string[] }>(
        `select name, parameter_types::text[] as types from pg_prepared_statements`,
      ),
    );
    expect(rows).not.toEqual([]);
    for (const { name, types } of rows) {
      const execute = `execute "${name}"(${types.map(() => `'public'`).join(', ')})`;
      for (const text of [
        execute,
        `explain (analyze) ${execute}`,
        `create temp table t on commit drop as ${execute}`,
        `select 1 from ${MARKER}.items; ${execute}; select * from items`,
      ]) {
        expect(await asAcme(text)).toMatchObject({ error: UnsupportedStatementError.name });
      }
    }
  });

  it('is that in any words and in any place', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(
        setting,
        place,
        fc.constantFrom('commit', 'rollback'),
        async (sql, put, end) => {
          if (await leavesNothing(put(sql), end)) taken++;
        },
      ),
      { numRuns: 150 },
    );
    // To refuse everything would be no art.
    expect(taken).toBeGreaterThan(5);
  });

  it('would be something for a client that sends whatever it gets', async () => {
    await plain.query('discard all');
    const state = () => asNobody(STATE);
    const before = await state();
    let touched = 0;
    await fc.assert(
      fc.asyncProperty(setting, async (sql) => {
        await asNobody(sql);
        if (JSON.stringify(await state()) !== JSON.stringify(before)) touched++;
        await plain.query('reset session authorization');
        await plain.query('discard all');
      }),
      { numRuns: 100 },
    );
    expect(touched).toBeGreaterThan(10);
  });

  it('is what ends with the transaction, under names of its own', async () => {
    await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      await client.query('begin');
      const user = `o'"$tenant"\\`;
      await client.query(`select set_config('app.user_id', $1, true)`, [user]);
      await client.query(`set local app.language = 'role'`);
      const { rows } = await client.query(
        `select current_setting('app.user_id') as user, current_setting('app.language') as language
           from ${MARKER}.items`,
      );
      expect(rows).toEqual([{ user, language: 'role' }]);
      await client.query('commit');
      client.release();
    });
    const { rows } = await withoutTenant(() =>
      tenancy.connections.pool.query(`select current_setting('app.user_id', true) as user`),
    );
    expect(rows).toEqual([{ user: '' }]);
  });
});
