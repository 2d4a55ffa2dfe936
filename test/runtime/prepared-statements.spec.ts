import pg from 'pg';
import {
  ConnectionManager,
  runWithTenant,
  withoutPreparedStatements,
  type PreparedStatementOptions,
  type Tenant,
} from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

// One connection, so that every statement meets what the one before has left.
const tenancy = useTenancy({ max: 1 });
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
});

beforeEach(async () => {
  await tenancy.database.query('truncate tenant_acme.items, tenant_globex.items restart identity');
  await tenancy.database.query(`insert into tenant_acme.items (owner) values ('acme')`);
  await tenancy.database.query(`insert into tenant_globex.items (owner) values ('globex')`);
});

const SELECT = 'select * from "$tenant".items where id = $1';

let connections: ConnectionManager;
function connect(preparedStatements?: boolean | PreparedStatementOptions, max = 1) {
  const { connectionString } = tenancy.database;
  connections = new ConnectionManager({
    connectionString,
    max,
    ...(preparedStatements !== undefined && { preparedStatements }),
  });
}
beforeEach(() => connect());
afterEach(() => connections.close());

/** Reads so many times, each time a row, and returns the rows. */
async function read(tenant: Tenant, times: number, text = SELECT): Promise<unknown[]> {
  const all: unknown[] = [];
  for (let n = 0; n < times; n++) {
    const { rows } = await runWithTenant(tenant, () => connections.pool.query(text, [1]));
    all.push(...rows);
  }
  return all;
}

const owned = (owner: string, times: number) =>
  Array.from({ length: times }, () => expect.objectContaining({ id: 1, owner }) as unknown);

interface Prepared extends Record<string, unknown> {
  readonly name: string;
  readonly statement: string;
  readonly generic: number;
  readonly custom: number;
}

/** What the server has of them on the one connection. */
async function prepared(): Promise<Prepared[]> {
  const { rows } = await connections.unscopedQuery<Prepared>(
    `select name, statement, generic_plans::int as generic, custom_plans::int as custom
     from pg_prepared_statements where name like 'mt\\_%' order by statement`,
  );
  return rows;
}

/** On the connection itself, as whoever hands it on may do. */
async function onConnection(text: string): Promise<void> {
  const connection = await connections.checkoutAdmin();
  await connection.client.query(text);
  connection.release();
}

describe('a statement that repeats', () => {
  it('is prepared, for each tenant by itself, and served by a plan for any values', async () => {
    expect(await read(acme, 1)).toEqual(owned('acme', 1));
    expect(await prepared()).toEqual([]);
    expect(await read(acme, 20)).toEqual(owned('acme', 20));
    expect(await read(globex, 20)).toEqual(owned('globex', 20));

    const [one, other] = await prepared();
    expect(one).toMatchObject({ statement: SELECT.replace('$tenant', 'tenant_acme'), custom: 5 });
    expect(other).toMatchObject({
      statement: SELECT.replace('$tenant', 'tenant_globex'),
      custom: 5,
    });
    // None was made again: each text has always met its own search path.
    expect(one?.generic).toBeGreaterThan(10);
    expect(other?.generic).toBeGreaterThan(10);
    expect(one?.name).not.toBe(other?.name);
  });

  it.each([
    ['without the marker', 'select * from items where id = $1'],
    ['that creates', 'create table if not exists "$tenant".made (id int)'],
    ['in several', 'select from "$tenant".items; select from "$tenant".items'],
  ])('is not prepared %s', async (_, text) => {
    for (let n = 0; n < 5; n++) {
      await runWithTenant(acme, () =>
        connections.pool.query(text, text.includes('$1') ? [1] : undefined),
      );
    }
    expect(await prepared()).toEqual([]);
  });

  it('is not prepared where that is switched off', async () => {
    await connections.close();
    connect(false);
    expect(await read(acme, 10)).toEqual(owned('acme', 10));
    expect(await prepared()).toEqual([]);
  });

  it('is planned anew where that is asked for', async () => {
    await read(acme, 5);
    const before = await prepared();
    const { rows } = await runWithTenant(acme, () =>
      withoutPreparedStatements(() => connections.pool.query(SELECT, [1])),
    );
    expect(rows).toEqual(owned('acme', 1));
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await withoutPreparedStatements(() => client.query(SELECT, [1]));
      client.release();
    });
    expect(await prepared()).toEqual(before);
    expect(() => withoutPreparedStatements(() => 1)).toThrow(/tenant/);
  });

  it('has its rows described once, and read as before', async () => {
    const text =
      'select id, owner, 1.5::numeric as rate, null::date as day from "$tenant".items where id = $1';
    const all = [];
    for (let n = 0; n < 6; n++) {
      all.push(await runWithTenant(acme, () => connections.pool.query(text, [n < 4 ? 1 : 99])));
    }
    const [first] = all;
    expect(all.map(({ rows }) => rows.length)).toEqual([1, 1, 1, 1, 0, 0]);
    for (const { fields, rows } of all) {
      expect(fields.map(({ name }) => name)).toEqual(['id', 'owner', 'rate', 'day']);
      expect(fields).toEqual(first?.fields);
      if (rows.length > 0) expect(rows).toEqual(first?.rows);
    }
    for (let n = 0; n < 4; n++) {
      const array = await runWithTenant(acme, () =>
        connections.pool.query({ text, values: [1], rowMode: 'array' }),
      );
      expect(array.rows).toEqual([[1, 'acme', '1.5', null]]);
      const own = await runWithTenant(acme, () =>
        connections.pool.query({
          text,
          values: [1],
          types: { getTypeParser: () => (value: unknown) => `own ${String(value)}` },
        }),
      );
      expect(own.rows[0]).toMatchObject({ id: 'own 1', rate: 'own 1.5' });
    }
    const updated = await runWithTenant(acme, async () => {
      const counts = [];
      for (let n = 0; n < 4; n++) {
        const { rowCount, rows, fields } = await connections.pool.query(
          `update "$tenant".items set note = $1 where id = 1`,
          ['x'],
        );
        counts.push([rowCount, rows, fields]);
      }
      return counts;
    });
    expect(updated).toEqual(Array.from({ length: 4 }, () => [1, [], []]));
  });

  it('has fields of its own in each result', async () => {
    for (let n = 0; n < 6; n++) {
      const { fields, rows } = await runWithTenant(acme, () => connections.pool.query(SELECT, [1]));
      expect(rows).toEqual(owned('acme', 1));
      for (const field of fields) Object.assign(field, { name: 'changed', dataTypeID: 16 });
      fields.length = 1;
    }
  });

  it('in binary is described each time', async () => {
    const text = 'select id from "$tenant".items where id = $1';
    for (let n = 0; n < 8; n++) {
      const binary = n % 2 === 0;
      const { rows } = await runWithTenant(acme, () =>
        connections.pool.query({ text, values: [1], binary } as never),
      );
      expect(rows).toEqual([{ id: 1 }]);
    }
  });

  it('is one statement in and outside of a transaction', async () => {
    await read(acme, 3);
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await client.query('begin');
      for (let n = 0; n < 3; n++) await client.query(SELECT, [1]);
      await client.query('commit');
      client.release();
    });
    const all = await prepared();
    expect(all).toHaveLength(1);
    // The first was counted only, and the one before asked whether this is the server.
    expect(Number(all[0]?.custom) + Number(all[0]?.generic)).toBe(4);
  });

  it('goes on after an error of its own, in its values and in what it does', async () => {
    const insert =
      'insert into "$tenant".items (id, owner) overriding system value values ($1, $2)';
    const send = (id: unknown) =>
      runWithTenant(acme, () => connections.pool.query(insert, [id, 'acme']));
    for (let id = 10; id < 13; id++) await send(id);
    await expect(send(10)).rejects.toMatchObject({ code: '23505' });
    await expect(send('no number')).rejects.toMatchObject({ code: '22P02' });
    await send(13);
    expect(await prepared()).toHaveLength(1);
  });
});

describe('the bound', () => {
  const text = (n: number) => `select * from "$tenant".items where id = $1 and ${n} = ${n}`;

  it('is kept, and what is closed costs no round trip', async () => {
    await connections.close();
    connect({ maxStatements: 4 });
    for (let round = 0; round < 40; round++) {
      for (let n = 0; n < 20; n++) await read(acme, 1, text(n));
    }
    expect((await prepared()).length).toBeLessThanOrEqual(5);
    expect((await prepared()).length).toBeGreaterThan(2);
  });

  it('has what is used more take the place of what is used less', async () => {
    await connections.close();
    connect({ maxStatements: 4 });
    for (let n = 0; n < 4; n++) await read(acme, 3, text(n));
    for (let round = 0; round < 30; round++)
      for (let n = 4; n < 8; n++) await read(acme, 3, text(n));
    const kept = (await prepared()).map(({ statement }) => statement);
    expect(kept.filter((statement) => /[4-7] = [4-7]$/.test(statement)).length).toBeGreaterThan(2);
  });

  it('counts bytes', async () => {
    await connections.close();
    connect({ maxBytes: 200 });
    for (let n = 0; n < 10; n++) await read(acme, 3, text(n));
    const bytes = (await prepared()).reduce((sum, { statement }) => sum + statement.length, 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(300);
  });
});

describe('a table that a migration has changed', () => {
  afterEach(() =>
    tenancy.database.query('alter table tenant_acme.items drop column if exists more'),
  );
  const change = () =>
    tenancy.database.query(
      `alter table tenant_acme.items add column if not exists more text default 'x'`,
    );

  it('is read anew, and nobody hears of it', async () => {
    await read(acme, 8);
    await change();
    expect(await read(acme, 1)).toEqual([
      expect.objectContaining({ id: 1, owner: 'acme', more: 'x' }),
    ]);
    await tenancy.database.query('alter table tenant_acme.items drop column more');
    expect(await read(acme, 3)).toEqual(owned('acme', 3));
    expect(await prepared()).toHaveLength(1);
  });

  it('fails the transaction that was open, by an error that says to begin it again', async () => {
    await read(acme, 8);
    const { rows } = await runWithTenant(acme, async () => {
      await change();
      const client = await connections.pool.connect();
      await client.query('begin');
      const failed = await client.query(SELECT, [1]).catch((error: unknown) => error);
      await client.query('rollback');
      client.release();
      expect(failed).toMatchObject({ code: 'PREPARED_STATEMENT_REFUSED', retryable: true });
      return connections.pool.query(SELECT, [1]);
    });
    expect(rows).toEqual([expect.objectContaining({ id: 1, owner: 'acme', more: 'x' })]);
  });

  describe('in the type of a column', () => {
    const text = 'select owner from "$tenant".typed where key = $1';
    const send = (value: unknown) =>
      runWithTenant(acme, () => connections.pool.query(text, [value]).then(({ rows }) => rows));
    const inTransaction = async (value: unknown): Promise<unknown> =>
      runWithTenant(acme, async () => {
        const client = await connections.pool.connect();
        await client.query('begin');
        const result = await client.query(text, [value]).then(
          ({ rows }) => rows,
          (error: unknown) => error,
        );
        await client.query('rollback');
        client.release();
        return result;
      });
    beforeEach(async () => {
      await tenancy.database.query(
        `create table tenant_acme.typed (key int, owner text); insert into tenant_acme.typed values (7, 'acme')`,
      );
      for (let n = 0; n < 8; n++) expect(await send(7)).toEqual([{ owner: 'acme' }]);
    });
    afterEach(() => tenancy.database.query('drop table tenant_acme.typed'));

    it('is read anew: a larger number', async () => {
      await tenancy.database.query(`alter table tenant_acme.typed alter key type bigint;
        update tenant_acme.typed set key = 3000000000`);
      expect(await send('3000000000')).toEqual([{ owner: 'acme' }]);
    });

    it('is read anew: text in place of a number', async () => {
      await tenancy.database.query(`alter table tenant_acme.typed alter key type text;
        update tenant_acme.typed set key = 'seven'`);
      expect(await inTransaction('seven')).toMatchObject({ code: expect.any(String) as string });
      expect(await inTransaction('seven')).toEqual([{ owner: 'acme' }]);
      expect(await send('seven')).toEqual([{ owner: 'acme' }]);
    });

    it('that is gone is told as it is, and in a transaction once it is begun again', async () => {
      await tenancy.database.query('alter table tenant_acme.typed rename key to id');
      expect(await inTransaction(7)).toMatchObject({ code: 'PREPARED_STATEMENT_REFUSED' });
      expect(await inTransaction(7)).toMatchObject({ code: '42703' });
      await expect(send(7)).rejects.toMatchObject({ code: '42703' });
    });

    it('is not done after its sender was told that it had taken too long', async () => {
      const update = `update "$tenant".typed set owner = 'late' where key = $1`;
      await runWithTenant(acme, async () => {
        const client = await connections.pool.connect();
        for (let n = 0; n < 4; n++) await client.query(update, [1]);
        const owner = new pg.Client(tenancy.database.connectionString);
        await owner.connect();
        await owner.query('begin; alter table tenant_acme.typed alter key type text');
        const config = { text: update, values: [7], query_timeout: 150 };
        await expect(client.query(config)).rejects.toThrow('timeout');
        await owner.query('commit');
        await owner.end();
        // Long enough for the server to refuse it, and for it to be sent again.
        await new Promise((resolve) => setTimeout(resolve, 300));
        client.release();
      });
      expect(await tenancy.database.query('select owner from tenant_acme.typed')).toEqual([
        { owner: 'acme' },
      ]);
    });

    it('that has not changed has bad values told as they are, and done with once', async () => {
      await expect(send('no number')).rejects.toMatchObject({ code: '22P02' });
      expect(await inTransaction('no number')).toMatchObject({ code: '22P02' });
      expect(await send(7)).toEqual([{ owner: 'acme' }]);
    });
  });

  it.each(['0A000', '26000', '42P05'])(
    'has the same error of its own code told as it is, and does it once (%s)',
    async (code) => {
      await tenancy.database.query(`
        create sequence tenant_acme.calls;
        create function tenant_acme.refuse() returns int language plpgsql as $$
        begin
          perform nextval('tenant_acme.calls');
          raise exception using errcode = '${code}', message = 'not supported';
        end $$`);
      const text = 'select "$tenant".refuse(), $1::int';
      for (let n = 0; n < 6; n++) {
        await expect(
          runWithTenant(acme, () => connections.pool.query(text, [1])),
        ).rejects.toMatchObject({ code, message: 'not supported' });
      }
      expect(await tenancy.database.query('select last_value::int from tenant_acme.calls')).toEqual(
        [{ last_value: 6 }],
      );
      await tenancy.database.query(
        'drop function tenant_acme.refuse(); drop sequence tenant_acme.calls',
      );
    },
  );
});

describe.each(['deallocate all', 'discard all'])('after %s on its connection', (text) => {
  it('a statement is prepared anew, done once', async () => {
    const insert = `insert into "$tenant".items (owner) values ($1)`;
    const send = () => runWithTenant(acme, () => connections.pool.query(insert, ['acme']));
    for (let n = 0; n < 5; n++) await send();
    await onConnection(text);
    for (let n = 0; n < 5; n++) await send();
    const rows = await tenancy.database.query(
      'select count(*)::int as count from tenant_acme.items',
    );
    expect(rows).toEqual([{ count: 11 }]);
    expect(await prepared()).toHaveLength(1);
  });

  it('a transaction fails as one that may be begun again', async () => {
    await read(acme, 5);
    await onConnection(text);
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await client.query('begin');
      await expect(client.query(SELECT, [1])).rejects.toMatchObject({
        code: 'PREPARED_STATEMENT_REFUSED',
        retryable: true,
      });
      await client.query('rollback');
      await client.query('begin');
      expect((await client.query(SELECT, [1])).rows).toEqual(owned('acme', 1));
      await client.query('commit');
      client.release();
    });
  });
});

it('is not taken in by a statement that code in the database has prepared under its name', async () => {
  await read(acme, 5);
  const [{ name } = { name: '' }] = await prepared();
  await tenancy.database
    .query(`create or replace function tenant_acme.plant() returns void language plpgsql as $f$
    begin
      execute 'deallocate all';
      execute 'prepare "${name}" (int) as select 0 as id, ''planted'' as owner where $1 is not null';
      execute 'prepare "mt1_search_path" (text) as select where $1 is null';
    end $f$`);
  await runWithTenant(acme, () => connections.pool.query('select "$tenant".plant()'));
  expect(await read(acme, 5)).toEqual(owned('acme', 5));
  const bare = await runWithTenant(globex, () => connections.pool.query('select owner from items'));
  expect(bare.rows).toEqual([{ owner: 'globex' }]);
  await tenancy.database.query('drop function tenant_acme.plant()');
});
