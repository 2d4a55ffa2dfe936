import { Readable } from 'node:stream';
import { text as readText } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import copy from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { anyId, ticketRow, UNDONE } from './tables.mjs';

const ALL = 'select id, owner from authors order by id';
const ALL_MARKED = 'select id, owner from "$tenant"."authors" order by id';
const ONE_MARKED = 'select id, owner, title from "$tenant"."books" where id = $1';
const INSERT = 'insert into journal (owner, note) values ($1, $2) returning id, owner, note';
const INSERT_MARKED =
  'insert into "$tenant"."journal" (owner, note) values ($1, $2) returning id, owner, note';

/** The kinds of statements over node-postgres' interface, on the pool of a connection manager. */
export function openPgKinds(connections) {
  return openPgKindsOver(connections.pool);
}

/** The same on any pool: for negative controls. */
export function openPgKindsOver(pool) {
  return Promise.resolve({ kinds: kindsOf(pool), close: () => Promise.resolve() });
}

const kindsOf = (pool) => [
  ...statements(pool),
  ...answered(pool),
  ...transactions(pool),
  ...streams(pool),
];

/** What the kinds are called. */
export const pgKindNames = kindsOf(undefined).map(({ name }) => name);

function statements(pool) {
  const rows = async (...statement) => (await pool.query(...statement)).rows;
  return [
    { name: 'text without the marker', run: () => rows(ALL) },
    { name: 'text with the marker', run: () => rows(ALL_MARKED) },
    {
      name: 'text with values',
      run: (_, random) => rows(ONE_MARKED, [anyId(random)]),
    },
    {
      name: 'config object',
      run: (_, random) =>
        rows({ text: 'select id, owner from tags where id = $1', values: [anyId(random)] }),
    },
    {
      name: 'rows as arrays',
      async run() {
        const arrays = await rows({ text: ALL, rowMode: 'array' });
        return arrays.map(([id, owner]) => ({ id, owner }));
      },
    },
    {
      name: 'named statement',
      run: (_, random) => rows({ name: 'one', text: ONE_MARKED, values: [anyId(random)] }),
    },
    {
      name: 'named statement, the name with another text',
      run: (_, random) =>
        rows({
          name: 'one',
          text: 'select owner from authors where id = $1',
          values: [anyId(random)],
        }),
    },
    {
      name: 'several statements in one text',
      async run() {
        const results = await pool.query(`${ALL}; ${ALL_MARKED}; select id, owner from tags`);
        return results.flatMap((result) => result.rows);
      },
    },
    {
      name: 'several statements in one text, with the marker in all',
      async run() {
        const results = await pool.query(`${ALL_MARKED}; ${ALL_MARKED}`);
        return results.flatMap((result) => result.rows);
      },
    },
    {
      name: 'insert without the marker',
      run: (tenant) => rows(INSERT, [tenant, 'insert without the marker']),
    },
    {
      name: 'insert with the marker',
      run: (tenant) => rows(INSERT_MARKED, [tenant, 'insert with the marker']),
    },
    {
      name: 'update … returning',
      run: (_, random) =>
        rows('update counters set count = count + 1 where id = $1 returning owner', [
          anyId(random),
        ]),
    },
    {
      name: 'data-modifying CTE',
      run: (tenant) =>
        rows(
          `with written as (${INSERT}), gone as (
             delete from journal where note = 'never there' returning owner
           )
           select owner from written union all select owner from gone
           union all select owner from authors`,
          [tenant, 'data-modifying CTE'],
        ),
    },
    {
      name: 'sequence',
      async run(tenant) {
        const [{ nextval }] = await rows("select nextval('tickets')");
        return [ticketRow(nextval, tenant)];
      },
    },
    { name: 'view', run: () => rows('select owner from shelf') },
    {
      name: 'NOTIFY',
      run: (tenant) =>
        rows("select owner, pg_notify('journal', owner) from authors where owner = $1", [tenant]),
    },
    {
      name: 'do block',
      async run() {
        await pool.query(
          `do $$ begin insert into journal (owner, note) select owner, 'do block' from authors limit 1; end $$`,
        );
        return rows("select owner from journal where note = 'do block' limit 5");
      },
    },
    {
      name: 'several at once',
      async run(_, random) {
        const parts = await Promise.all([
          rows(ALL),
          rows(ALL_MARKED),
          rows(ONE_MARKED, [anyId(random)]),
        ]);
        return parts.flat();
      },
    },
  ];
}

function answered(pool) {
  return [
    {
      name: 'answered to a callback',
      run: () => byCallback((done) => pool.query(ALL, done)),
    },
    {
      name: 'text with values, answered to a callback',
      run: (_, random) => byCallback((done) => pool.query(ONE_MARKED, [anyId(random)], done)),
    },
    {
      name: 'config object, answered to a callback',
      run: (_, random) =>
        byCallback((done) => pool.query({ text: ONE_MARKED, values: [anyId(random)] }, done)),
    },
    {
      name: 'a statement sent by the callback of another',
      run: () =>
        byCallback((done) =>
          pool.query(ALL, (error) => (error ? done(error) : pool.query(ALL_MARKED, done))),
        ),
    },
    {
      name: 'connect with a callback',
      run: () =>
        byCallback((done) =>
          pool.connect((failure, client, release) => {
            if (failure) {
              done(failure);
              return;
            }
            client.query(ALL, (error, result) => {
              release();
              done(error, result);
            });
          }),
        ),
    },
  ];
}

function byCallback(send) {
  return new Promise((resolve, reject) => {
    send((error, result) => (error ? reject(error) : resolve(result.rows)));
  });
}

function transactions(pool) {
  return [
    {
      name: 'connect with a promise',
      run: () =>
        withClient(pool, async (client) => [
          ...(await client.query(ALL)).rows,
          ...(await client.query(ALL_MARKED)).rows,
        ]),
    },
    {
      name: 'several at once on one client',
      run: () =>
        withClient(pool, async (client) => {
          const results = [client.query(ALL), client.query(ALL_MARKED), client.query(ALL)];
          return (await Promise.all(results)).flatMap(({ rows }) => rows);
        }),
    },
    {
      name: 'named statements on one client',
      run: (_, random) =>
        withClient(pool, async (client) => {
          const named = (text) => client.query({ name: 'same', text, values: [anyId(random)] });
          return [
            ...(await named('select owner from authors where id = $1')).rows,
            ...(await named('select owner from books where id = $1')).rows,
            ...(await named('select owner from "$tenant"."tags" where id = $1')).rows,
          ];
        }),
    },
    {
      name: 'transaction',
      run: (tenant) =>
        inTransaction(pool, async (client) => {
          const { rows } = await client.query(INSERT, [tenant, 'transaction']);
          const read = 'select owner from "$tenant"."journal" where id = $1';
          return [...rows, ...(await client.query(read, [rows[0].id])).rows];
        }),
    },
    {
      name: 'transaction that is rolled back',
      run: (tenant) =>
        withClient(pool, async (client) => {
          await client.query('begin isolation level repeatable read');
          const { rows } = await client.query(INSERT, [tenant, UNDONE]);
          await client.query('rollback');
          return [...rows, ...(await client.query(ALL)).rows];
        }),
    },
    {
      name: 'read only transaction',
      run: () =>
        withClient(pool, async (client) => {
          await client.query('begin');
          await client.query('set transaction isolation level serializable, read only');
          const { rows } = await client.query(ALL);
          await client.query('commit');
          return rows;
        }),
    },
    {
      name: 'set local, and the search path of the tenant after it',
      run: () =>
        inTransaction(pool, async (client) => {
          await client.query("set local lock_timeout = '10s'");
          return (await client.query(ALL)).rows;
        }),
    },
    {
      name: 'savepoint and ROLLBACK TO',
      run: (tenant) =>
        inTransaction(pool, async (client) => {
          const before = await client.query(INSERT, [tenant, 'before the savepoint']);
          await client.query('savepoint inner_work');
          const inside = await client.query(INSERT_MARKED, [tenant, UNDONE]);
          await client.query('rollback to savepoint inner_work');
          const after = await client.query(ALL);
          await client.query('release savepoint inner_work');
          const last = await client.query(INSERT, [tenant, 'after the savepoint']);
          return [before, inside, after, last].flatMap(({ rows }) => rows);
        }),
    },
    {
      name: 'savepoint within a savepoint',
      run: (tenant) =>
        inTransaction(pool, async (client) => {
          await client.query('savepoint outer_work');
          await client.query(INSERT, [tenant, UNDONE]);
          await client.query('savepoint inner_work');
          await client.query(INSERT_MARKED, [tenant, UNDONE]);
          await client.query('release savepoint inner_work');
          const inside = await client.query(ALL_MARKED);
          await client.query('rollback to savepoint outer_work');
          return [...inside.rows, ...(await client.query(ALL)).rows];
        }),
    },
    {
      name: 'savepoint that the first statement of the tenant comes after',
      run: () =>
        inTransaction(pool, async (client) => {
          await client.query('savepoint first');
          const inside = await client.query(ALL);
          await client.query('rollback to first');
          const after = await client.query(ALL);
          return [...inside.rows, ...after.rows];
        }),
    },
    {
      name: 'an error in a transaction, and statements after it',
      run: (tenant) =>
        withClient(pool, async (client) => {
          await client.query('begin');
          await client.query(INSERT, [tenant, UNDONE]);
          await failing(client.query('select 1 / 0'), '22012');
          await failing(client.query(ALL), '25P02');
          await failing(client.query(ALL_MARKED), '25P02');
          await client.query('rollback');
          return (await client.query(ALL)).rows;
        }),
    },
    {
      name: 'an error in a savepoint, and statements after it',
      run: () =>
        inTransaction(pool, async (client) => {
          await client.query('savepoint risky');
          await failing(client.query('select missing from authors'), '42703');
          await client.query('rollback to risky');
          return [...(await client.query(ALL)).rows, ...(await client.query(ALL_MARKED)).rows];
        }),
    },
    {
      name: 'COMMIT of a failed transaction',
      run: (tenant) =>
        withClient(pool, async (client) => {
          await client.query('begin');
          await client.query(INSERT_MARKED, [tenant, UNDONE]);
          await failing(client.query('select 1 / 0'), '22012');
          await client.query('commit');
          return (await client.query(ALL)).rows;
        }),
    },
    {
      name: 'cursor declared in SQL',
      run: () =>
        inTransaction(pool, async (client) => {
          await client.query(`declare pages cursor for ${ALL}`);
          const first = await client.query('fetch 2 from pages');
          const rest = await client.query('fetch all from pages');
          return [...first.rows, ...rest.rows];
        }),
    },
  ];
}

function streams(pool) {
  return [
    {
      name: 'cursor, without the marker',
      run: () => withClient(pool, (client) => readByTwo(client.query(new Cursor(ALL)))),
    },
    {
      name: 'cursor with values, with the marker, in a transaction',
      run: (_, random) =>
        inTransaction(pool, async (client) => [
          ...(await readByTwo(client.query(new Cursor(ONE_MARKED, [anyId(random)])))),
          ...(await client.query(ALL)).rows,
        ]),
    },
    {
      name: 'cursor that is closed before its end',
      run: () =>
        withClient(pool, async (client) => {
          const cursor = client.query(new Cursor(ALL));
          const first = await cursor.read(1);
          await cursor.close();
          return [...first, ...(await client.query(ALL_MARKED)).rows];
        }),
    },
    {
      name: 'query stream',
      run: () =>
        withClient(pool, (client) =>
          client.query(new QueryStream(ALL_MARKED, [], { batchSize: 1 })).toArray(),
        ),
    },
    {
      name: 'query stream, without the marker, in a transaction',
      run: () =>
        inTransaction(pool, async (client) => [
          ...(await client.query(new QueryStream(ALL)).toArray()),
          ...(await client.query(ALL)).rows,
        ]),
    },
    {
      name: 'COPY to a stream',
      run: () =>
        withClient(pool, async (client) => [
          ...owners(await readText(client.query(copy.to('copy authors (owner) to stdout')))),
          ...owners(
            await readText(
              client.query(copy.to('copy (select owner from "$tenant"."tags") to stdout')),
            ),
          ),
        ]),
    },
    {
      name: 'COPY from a stream',
      run: (tenant) =>
        inTransaction(pool, async (client) => {
          const lines = Readable.from([`${tenant}\tcopied\n`, `${tenant}\tcopied\n`]);
          await pipeline(lines, client.query(copy.from('copy journal (owner, note) from stdin')));
          return (await client.query("select owner from journal where note = 'copied' limit 2"))
            .rows;
        }),
    },
  ];
}

async function readByTwo(cursor) {
  const rows = [];
  for (;;) {
    const some = await cursor.read(2);
    if (some.length === 0) return rows;
    rows.push(...some);
  }
}

/** The rows of a COPY of one column. */
function owners(lines) {
  return lines
    .trim()
    .split('\n')
    .map((owner) => ({ owner }));
}

async function withClient(pool, work) {
  const client = await pool.connect();
  let failure;
  try {
    return await work(client);
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    client.release(failure);
  }
}

function inTransaction(pool, work) {
  return withClient(pool, async (client) => {
    await client.query('begin');
    try {
      const rows = await work(client);
      await client.query('commit');
      return rows;
    } catch (error) {
      await client.query('rollback');
      throw error;
    }
  });
}

/** Waits for a statement that fails with a SQLSTATE. */
async function failing(statement, code) {
  const failure = await statement.then(
    () => undefined,
    (error) => error,
  );
  if (failure?.code !== code) throw failure ?? new Error(`It did not fail with ${code}.`);
}
