import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import {
  isRetryable,
  runWithTenant,
  withoutTenant,
  type ConnectionManager,
  type Tenant,
  type TenantClient,
} from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource, type TenantDataSource } from '@mt/runtime/typeorm';
import { sql } from 'drizzle-orm';
import Cursor from 'pg-cursor';
import copyStreams from 'pg-copy-streams';
import QueryStream from 'pg-query-stream';
import { causes } from '../../../src/lib/pool/server-errors.js';
import { useAccounts } from '../../support/accounts.js';
import { useTenancy } from '../../support/tenancy.js';

// Retryable means: nothing was done, and it may work the next time. Every class of SQLSTATE, on every
// way of sending, each really raised by a server and looked at afterwards.

const tenancy = useTenancy();
const accounts = useAccounts();
let acme: Tenant;
let connections: ConnectionManager;
let dataSource: TenantDataSource;

/** One of each class, those that mean something here all. */
const STATES = [
  '02000 03000 08000 08001 08003 08004 08006 08007 08P01 09000 0A000 0B000 0F000 0L000 0P000 0Z000',
  '10608 20000 21000 22000 22P05 23000 23503 23505 24000 25000 25006 25P02 25P03 25P04 26000 27000',
  '28000 28P01 2B000 2D000 2F000 34000 38000 39000 3B000 3D000 3F000 40000 40001 40002 40003 40P01',
  '42000 42501 42P01 42P05 44000 53000 53100 53200 53300 53400 54000 55000 55006 55P03 55P04 57000',
  '57014 57P01 57P02 57P03 57P04 57P05 58000 58030 58P01 72000 F0000 HV000 P0001 XX000 XX001',
].flatMap((line) => line.split(' '));

const MAY_WORK = new Set(['40001', '40P01', '55P03']);

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  await tenancy.database.query(`
    set search_path = ${acme.schema};
    create function fail(state text) returns integer language plpgsql as $$
      begin
        raise exception 'as asked' using errcode = state;
      end $$;
    create procedure commit_then_fail(mark text, state text) language plpgsql as $$
      begin
        insert into ${acme.schema}.items (owner) values (mark);
        commit;
        raise exception 'as asked' using errcode = state;
      end $$;
    create procedure insert_then_fail(mark text, state text) language plpgsql as $$
      begin
        insert into items (owner) values (mark);
        raise exception 'as asked' using errcode = state;
      end $$;
    create function fail_late() returns trigger language plpgsql as $$
      begin
        perform fail(new.note);
        return null;
      end $$;
    create table late (owner text, note text);
    create constraint trigger late after insert on late
      deferrable initially deferred for each row execute function fail_late();
    create table soon (owner text, note text);
    create trigger soon after insert on soon for each row execute function fail_late();
    reset search_path`);
  dataSource = createTenantDataSource(tenancy.connections);
  await dataSource.initialize();
});

afterAll(() => dataSource.destroy());

beforeEach(async () => {
  connections = accounts.connect({
    connectionString: tenancy.database.connectionString,
    max: 1,
    // A second connection that waits for the first is found out at once.
    connectionTimeoutMs: 2_000,
  });
  await tenancy.database.query(
    `truncate ${acme.schema}.items, ${acme.schema}.late, ${acme.schema}.soon`,
  );
});

interface Way {
  /** Sends something that writes the mark and then fails with the state, as the tenant. */
  send: (mark: string, state: string) => Promise<unknown>;
  /** Whether the mark is kept. */
  keeps?: boolean;
  /** Whether the connection is closed, because of what may be left on it. */
  closes?: boolean;
}

const pool = () => connections.pool;
const insert = (mark: string) => `insert into items (owner) values ('${mark}')`;
const failing = (state: string) => `select fail('${state}')`;
const both = (mark: string, state: string) =>
  `with written as (${insert(mark)} returning 1) select fail('${state}') from written`;

/** As code without a tenant, in the way of the tenant’s schema. */
function asNobody(work: (schema: string) => Promise<unknown>): Promise<unknown> {
  return withoutTenant(() => work(acme.schema));
}

async function withClient(work: (client: TenantClient) => Promise<unknown>): Promise<unknown> {
  const client = await pool().connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const ways: Record<string, Way> = {
  'pool.query() of a text': { send: (mark, state) => pool().query(both(mark, state)) },
  'pool.query() that names the marker': {
    send: (mark, state) =>
      pool().query(
        `with written as (insert into "$tenant".items (owner) values ('${mark}') returning 1)
         select fail('${state}') from written`,
      ),
  },
  'pool.query() with values': {
    send: (mark, state) =>
      pool().query(
        `with written as (insert into items (owner) values ($1) returning 1)
         select fail($2) from written`,
        [mark, state],
      ),
  },
  'pool.query() with a callback': {
    send: (mark, state) =>
      new Promise((resolve, reject) => {
        pool().query(both(mark, state), (error, result) =>
          error ? reject(error) : resolve(result),
        );
      }),
  },
  'pool.query() without a tenant': {
    send: (mark, state) =>
      withoutTenant(() =>
        pool().query(
          `with written as (insert into ${acme.schema}.items (owner) values ('${mark}') returning 1)
           select ${acme.schema}.fail('${state}') from written`,
        ),
      ),
  },
  'pool.query() without a tenant, with values': {
    send: (mark, state) =>
      withoutTenant(() =>
        pool().query(
          `with written as (insert into ${acme.schema}.items (owner) values ($1) returning 1)
           select ${acme.schema}.fail($2) from written`,
          [mark, state],
        ),
      ),
  },
  'several statements in one text': {
    send: (mark, state) => pool().query(`${insert(mark)}; ${failing(state)}; select 1`),
  },
  'a client': { send: (mark, state) => withClient((client) => client.query(both(mark, state))) },
  'a text on a client that commits in between': {
    send: (mark, state) =>
      withClient((client) =>
        client.query(`begin; ${insert(mark)}; commit; ${failing(state)}; select 1`),
      ),
    keeps: true,
    closes: true,
  },
  'a text on a client that rolls back in between': {
    send: (mark, state) =>
      withClient((client) => client.query(`begin; ${insert(mark)}; rollback; ${failing(state)}`)),
    closes: true,
  },
  'a text on a client whose last statement commits': {
    send: (mark, state) =>
      withClient((client) => client.query(`begin; ${insert(mark)}; ${failing(state)}; commit`)),
    closes: true,
  },
  'a transaction, before its COMMIT': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        await client.query(insert(mark));
        try {
          await client.query(failing(state));
        } finally {
          await client.query('rollback');
        }
      }),
  },
  'a savepoint': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        await client.query('savepoint one');
        await client.query(insert(mark));
        try {
          await client.query(failing(state));
        } finally {
          await client.query('rollback to savepoint one');
          await client.query('rollback');
        }
      }),
  },
  'a transaction that is released as it is': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        await client.query(insert(mark));
        await client.query(failing(state));
      }),
    closes: true,
  },
  'a transaction, at its COMMIT': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        await client.query(insert(mark));
        await client.query(`insert into late values ('${mark}', '${state}')`);
        await client.query('commit');
      }),
    closes: true,
  },
  'a transaction behind one that was committed and chained': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        await client.query('commit and chain');
        await client.query(insert(mark));
        await client.query(failing(state));
      }),
    closes: true,
  },
  'a statement of its own, at its end': {
    send: (mark, state) => pool().query(`insert into late values ('${mark}', '${state}')`),
  },
  // As a tenant it cannot commit: it is in one transaction with the tenant’s settings.
  'CALL that had committed': {
    send: (mark, state) =>
      asNobody((schema) => pool().query(`call ${schema}.commit_then_fail('${mark}', '${state}')`)),
    keeps: true,
    closes: true,
  },
  'CALL that had committed, with values': {
    send: (mark, state) =>
      asNobody((schema) => pool().query(`call ${schema}.commit_then_fail($1, $2)`, [mark, state])),
    keeps: true,
    closes: true,
  },
  'CALL that had committed, on a client': {
    send: (mark, state) =>
      asNobody((schema) =>
        withClient((client) =>
          client.query(`call ${schema}.commit_then_fail('${mark}', '${state}')`),
        ),
      ),
    keeps: true,
    closes: true,
  },
  'DO that had committed': {
    send: (mark, state) =>
      asNobody((schema) =>
        pool().query(
          `do $$ begin
             insert into ${schema}.items (owner) values ('${mark}');
             commit;
             perform ${schema}.fail('${state}');
           end $$`,
        ),
      ),
    keeps: true,
    closes: true,
  },
  'CALL inside of a transaction': {
    send: (mark, state) =>
      withClient(async (client) => {
        await client.query('begin');
        try {
          await client.query(`call insert_then_fail('${mark}', '${state}')`);
        } finally {
          await client.query('rollback');
        }
      }),
    closes: true,
  },
  'a cursor': {
    send: (mark, state) =>
      withClient(async (client) => {
        const cursor = client.query(new Cursor(both(mark, state)));
        await cursor.read(1);
      }),
  },
  'a query stream': {
    send: (mark, state) =>
      withClient(async (client) => {
        for await (const row of client.query(new QueryStream(both(mark, state)))) void row;
      }),
  },
  'COPY from a stream': {
    send: (mark, state) =>
      withClient((client) =>
        pipeline(
          Readable.from([`${mark}\t${state}\n`]),
          client.query(copyStreams.from('copy soon (owner, note) from stdin')),
        ),
      ),
  },
  'COPY to a stream': {
    send: (_, state) =>
      withClient(async (client) => {
        const rows = client.query(copyStreams.to(`copy (${failing(state)}) to stdout`));
        for await (const row of rows) void row;
      }),
  },
  Drizzle: {
    send: (mark, state) => createTenantDatabase(connections).execute(sql.raw(both(mark, state))),
  },
  'Drizzle’s transaction': {
    send: (mark, state) =>
      createTenantDatabase(connections).transaction(async (tx) => {
        await tx.execute(sql.raw(insert(mark)));
        await tx.execute(sql.raw(failing(state)));
      }),
  },
};

describe.each(Object.entries(ways))('%s', (name, { send, keeps = false, closes = false }) => {
  it('tells each error of the server as it is, and truly whether it may be done again', async () => {
    const pid = async () =>
      (await connections.unscopedQuery<{ pid: number }>('select pg_backend_pid() as pid')).rows[0]
        ?.pid;
    for (const state of STATES) {
      const mark = `${name} ${state}`.replaceAll('’', '');
      const before = await pid();
      const error = await runWithTenant(acme, () =>
        send(mark, state).then(
          () => undefined,
          (failure: unknown) => failure,
        ),
      );
      expect([state, causes(error).at(-1)]).toEqual([
        state,
        expect.objectContaining({ code: state, message: 'as asked' }),
      ]);
      expect([
        state,
        causes(error).some((cause) => cause instanceof Error && 'retryable' in cause),
      ]).toEqual([state, false]);
      expect([state, await marksOf(mark)]).toEqual([state, keeps ? 1 : 0]);
      // What may be done again has not been done.
      expect([state, isRetryable(error)]).toEqual([state, MAY_WORK.has(state) && !keeps]);
      expect([state, (await pid()) === before]).toEqual([state, !closes]);
    }
  });
});

async function marksOf(mark: string): Promise<number> {
  const rows = await tenancy.database.query(
    `select from ${acme.schema}.items where owner = $1
     union all select from ${acme.schema}.soon where owner = $1
     union all select from ${acme.schema}.late where owner = $1`,
    [mark],
  );
  return rows.length;
}

describe('through TypeORM', () => {
  it('whether it may be done again is found inside of its error', async () => {
    for (const state of STATES) {
      const error: unknown = await runWithTenant(acme, () =>
        dataSource.query(failing(state)).catch((failure: unknown) => failure),
      );
      expect([state, isRetryable(error)]).toEqual([state, MAY_WORK.has(state)]);
      const called = await asNobody((schema) =>
        dataSource
          .query(`call ${schema}.commit_then_fail($1, $2)`, ['typeorm', state])
          .catch((failure: unknown) => failure),
      );
      expect(causes(called).at(-1)).toMatchObject({ code: state });
      expect([state, isRetryable(called)]).toEqual([state, false]);
    }
  });
});

describe('what the server refuses by a state of connections', () => {
  const pids = async () =>
    (await runWithTenant(acme, () => pool().query('select pg_backend_pid() as pid'))).rows;

  it.each<[string, () => Promise<unknown>]>([
    ['more values than parameters', () => pool().query('select $1::int', [1, 2])],
    ['fewer values than parameters', () => pool().query('select $1::int, $2::int', [1])],
    [
      '70,000 parameters',
      () => {
        const values = Array.from({ length: 70_000 }, (_, n) => String(n));
        const text = `insert into items (owner) values ${values.map((__, n) => `($${n + 1})`).join(', ')}`;
        return pool().query(text, values);
      },
    ],
  ])('leaves its connection in use, and is not to be done again: %s', async (_, send) => {
    const before = await pids();
    for (const inTransaction of [false, true]) {
      const error = await runWithTenant(acme, async () => {
        if (!inTransaction) return send().catch((failure: unknown) => failure);
        return withClient(async (client) => {
          await client.query('begin');
          const failed = await client
            .query('select $1::int', [1, 2])
            .catch((failure: unknown) => failure);
          await client.query('rollback');
          return failed;
        });
      });
      expect(error).toMatchObject({ code: '08P01', severity: 'ERROR' });
      expect(isRetryable(error)).toBe(false);
    }
    expect(await pids()).toEqual(before);
  });
});

describe('really caused, and done again', () => {
  it('a deadlock', async () => {
    const two = accounts.connect({ connectionString: tenancy.database.connectionString, max: 4 });
    await tenancy.database.query(`insert into ${acme.schema}.items (owner) values ('a'), ('b')`);
    const swap = (first: string, second: string) =>
      runWithTenant(acme, async () => {
        const client = await two.pool.connect();
        try {
          await client.query('begin');
          const update = (owner: string) =>
            client.query('update items set note = note || $1 where owner = $2', ['x', owner]);
          await update(first);
          await client.query('select pg_sleep(0.2)');
          await update(second);
          await client.query('commit');
        } catch (error) {
          await client.query('rollback');
          throw error;
        } finally {
          client.release();
        }
      });
    const again = (first: string, second: string) =>
      swap(first, second).catch((error: unknown) => {
        expect(isRetryable(error)).toBe(true);
        return swap(first, second);
      });
    await Promise.all([again('a', 'b'), again('b', 'a')]);
    const rows = await tenancy.database.query(`select note from ${acme.schema}.items`);
    expect(rows).toEqual([{ note: 'xx' }, { note: 'xx' }]);
  });

  it('a lock that is not free', async () => {
    await tenancy.database.query(`insert into ${acme.schema}.items (owner) values ('locked')`);
    const two = accounts.connect({ connectionString: tenancy.database.connectionString, max: 2 });
    await runWithTenant(acme, async () => {
      const holder = await two.pool.connect();
      await holder.query('begin');
      await holder.query('select from items for update');
      const take = () => two.pool.query('select from items for update nowait');
      const error = await take().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: '55P03' });
      expect(isRetryable(error)).toBe(true);
      await holder.query('rollback');
      holder.release();
      await expect(take()).resolves.toMatchObject({ rowCount: 1 });
    });
  });

  it('an index that is created concurrently, and is left invalid', async () => {
    await tenancy.database.query(
      `insert into ${acme.schema}.items (owner) values ('40P01');
       alter function ${acme.schema}.fail(text) immutable`,
    );
    const error = await asNobody((schema) =>
      pool().query(
        `create index concurrently half_made on ${schema}.items (${schema}.fail(owner))`,
      ),
    ).catch((failure: unknown) => failure);
    await tenancy.database.query(`alter function ${acme.schema}.fail(text) volatile`);
    expect(error).toMatchObject({ code: '40P01' });
    expect(isRetryable(error)).toBe(false);
    const rows = await tenancy.database.query(
      `select indisvalid from pg_index where indexrelid = '${acme.schema}.half_made'::regclass`,
    );
    expect(rows).toEqual([{ indisvalid: false }]);
  });
});
