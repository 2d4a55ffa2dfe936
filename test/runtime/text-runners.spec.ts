import pg from 'pg';
import { analyse } from '../../src/lib/sql/analysis.js';
import { useDatabase } from '../support/database.js';

// Functions that run SQL which they get as text are refused to tenants by their names. Here the server
// is asked which ones there are: each function of it and of every extension that takes a text is called
// with one that is no SQL, and whoever has it parsed says so.

const database = useDatabase();

const NO_SQL = '}';

interface Routine {
  readonly name: string;
  readonly types: string[];
  readonly returns: string;
}

const ROUTINES = `
  select quote_ident(nspname) || '.' || quote_ident(proname) as name,
      array(select format_type(t, null) from unnest(proargtypes) t) as types,
      prorettype::regtype::text as returns
    from pg_proc join pg_namespace n on n.oid = pronamespace
    where prokind = 'f' and nspname <> 'information_schema'
      and proargtypes::oid[] && array['text'::regtype, 'varchar'::regtype]::oid[]
      and not proargtypes::oid[] && array['internal'::regtype, '"any"'::regtype, 'cstring'::regtype]::oid[]
    order by 1`;

/** Whatever the type takes. */
const SAMPLES = ['1', 'a', '{}', '', 'c', 'pg_class', '0/0', '::1', '2020-01-01', '(1,1)', '<a/>'];

async function sample(client: pg.Client, type: string): Promise<string | undefined> {
  if (type === 'text' || type === 'character varying') return `'${NO_SQL}'::${type}`;
  const general: Record<string, string> = {
    anyelement: '1',
    anyarray: 'array[1]',
    record: 'row(1)',
  };
  if (general[type] !== undefined) return general[type];
  for (const text of SAMPLES) {
    const found = await client
      .query<{ valid: boolean }>('select pg_input_is_valid($1, $2) as valid', [text, type])
      .catch(() => undefined);
    if (found?.rows[0]?.valid) return `'${text}'::${type}`;
  }
  return undefined;
}

/** What the server says to one of its functions that has had the text parsed as SQL of its own. */
const wasParsed = (error: unknown) =>
  error instanceof pg.DatabaseError && error.code === '42601' && error.internalQuery !== undefined;

async function runsText(client: pg.Client, { name, returns }: Routine, values: string[]) {
  const call = `${name}(${values.join(', ')})`;
  const forms = [`select ${call}`, `select * from ${call}`];
  if (returns.endsWith('record')) forms.push(`select * from ${call} as t (a text, b text, c text)`);
  for (const form of forms) {
    await client.query('begin');
    const error = await client.query(form).catch((reason: unknown) => reason);
    await client.query('rollback');
    if (wasParsed(error)) return true;
  }
  return false;
}

it('are all refused to tenants', async () => {
  const client = new pg.Client(database.connectionString);
  await client.connect();
  await client.query(`set statement_timeout = '2s'`);
  const { rows: extensions } = await client.query<{ name: string }>(
    'select name from pg_available_extensions',
  );
  for (const { name } of extensions) {
    // Those that need something to be loaded at the start of the server are left out.
    await client.query(`create extension if not exists "${name}" cascade`).catch(() => undefined);
  }
  const { rows: routines } = await client.query<Routine>(ROUTINES);
  const found = new Set<string>();
  let called = 0;
  for (const routine of routines) {
    const values = await Promise.all(routine.types.map((type) => sample(client, type)));
    const given = values.filter((value) => value !== undefined);
    if (given.length < values.length) continue;
    called++;
    if (await runsText(client, routine, given)) found.add(routine.name);
  }
  await client.end();
  expect(called).toBeGreaterThan(routines.length * 0.9);
  expect([...found]).toEqual(
    expect.arrayContaining([
      'pg_catalog.query_to_xml',
      'pg_catalog.ts_rewrite',
      'pg_catalog.ts_stat',
      'public.crosstab',
    ]),
  );
  const passed = [...found].filter((name) => !analyse(`select ${name}($1, $2)`).beyondTenant);
  expect(passed).toEqual([]);
}, 120_000);
