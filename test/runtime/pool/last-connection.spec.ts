import { setTimeout as sleep } from 'node:timers/promises';
import { runWithTenant, withoutTenant, type TenantClient, type Tenant } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { sql } from 'drizzle-orm';
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely';
import type pg from 'pg';
import Cursor from 'pg-cursor';
import type { DataSource } from 'typeorm';
import { eventually } from '../../support/eventually.js';
import { useTenancy } from '../../support/tenancy.js';

// The last connection of a pool is kept by nobody, so that of two who need a second one can go on. Who
// only sends a statement has it as well.

const MAX = 3;
const tenancy = useTenancy({ max: MAX });
let acme: Tenant;
let dataSource: DataSource;
beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  dataSource = await createTenantDataSource(tenancy.connections).initialize();
});
afterAll(() => dataSource.destroy());

const pool = () => tenancy.connections.pool;
const asAcme = <T>(work: () => T): T => runWithTenant(acme, work);
const idle = () => eventually(() => tenancy.connections.getActiveCount() === 0);

async function withClient<T>(work: (client: TenantClient) => Promise<T>): Promise<T> {
  const client = await pool().connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

/** How many connections run something that has this in its text. */
async function running(mark: string): Promise<number> {
  const rows = await tenancy.database.query<{ count: number }>(
    `select count(*)::int from pg_stat_activity where state = 'active' and query like $1 and pid <> pg_backend_pid()`,
    [`%${mark}%`],
  );
  return rows[0]?.count ?? 0;
}

/** Holds all connections but the last, as requests of their own, until the promise is done. */
async function holdOthers(until: Promise<unknown>): Promise<Promise<void>[]> {
  const begun: Promise<unknown>[] = [];
  const held = Array.from({ length: MAX - 1 }, () =>
    asAcme(() =>
      withClient(async (client) => {
        const began = client.query('begin');
        begun.push(began);
        await began;
        await until;
        await client.query('commit');
      }),
    ),
  );
  await eventually(() => begun.length === MAX - 1);
  await Promise.all(begun);
  return held;
}

/** Resolves when it is told to. */
function latch(): { readonly opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

async function whileOthersHold(work: () => Promise<void>): Promise<void> {
  const { opened, open } = latch();
  const held = await holdOthers(opened);
  try {
    await work();
  } finally {
    open();
    await Promise.all(held);
  }
  await idle();
}

const senders: Record<string, (text: string) => Promise<unknown>> = {
  'pool.query()': (text) => pool().query(text),
  'a client': (text) => withClient((client) => client.query(text)),
  'a client with a callback': (text) =>
    new Promise((resolve, reject) => {
      pool().connect((error, client, release) => {
        if (!client) return reject(error);
        client.query(text, (failure: Error | null, result: pg.QueryResult) => {
          release();
          if (failure) reject(failure);
          else resolve(result);
        });
      });
    }),
  Drizzle: (text) => createTenantDatabase(tenancy.connections, {}).execute(sql.raw(text)),
  TypeORM: (text) => dataSource.query(text),
  'TypeORM’s manager': (text) => dataSource.manager.query(text),
  Kysely: (text) =>
    kyselySql.raw(text).execute(new Kysely({ dialect: new PostgresDialect({ pool: pool() }) })),
};

describe.each(Object.entries(senders))('%s', (name, send) => {
  it.each(['a request for each', 'one request'])('has all connections: %s', async (requests) => {
    const text = `select pg_sleep(20) /* ${name}, ${requests} */`;
    const all = () =>
      Array.from({ length: MAX }, () =>
        (requests === 'one request' ? send(text) : asAcme(() => send(text))).catch(() => undefined),
      );
    const sent = requests === 'one request' ? asAcme(all) : all();
    await eventually(async () => (await running(`/* ${name}, ${requests} */`)) === MAX);
    await tenancy.database.query(
      `select pg_cancel_backend(pid) from pg_stat_activity where query like $1 and pid <> pg_backend_pid()`,
      [`%/* ${name}, ${requests} */%`],
    );
    await Promise.all(sent);
    await idle();
  });

  it('has the last one while the others are held', () =>
    whileOthersHold(async () => {
      await asAcme(() => send('select from items'));
      await asAcme(() => Promise.all(Array.from({ length: 5 }, () => send('select from items'))));
    }));
});

describe('a client that has the last connection', () => {
  it('keeps it from nobody while its code waits', () =>
    whileOthersHold(async () => {
      const client = await asAcme(() => pool().connect());
      expect(client.processID).toEqual(expect.any(Number));
      const other = await asAcme(() => pool().connect());
      for (let i = 0; i < 3; i++) {
        await asAcme(() => client.query(`insert into items (owner) values ('acme')`));
        expect(client.getTransactionStatus()).toBe('I');
        expect(client.processID).toBeUndefined();
        await asAcme(() => other.query('select from items'));
        await asAcme(() => pool().query('select from items'));
      }
      client.release();
      other.release();
    }));

  it('waits with a transaction until one may be held, and keeps that', async () => {
    const { opened, open } = latch();
    const held = await holdOthers(opened);
    const client = await asAcme(() => pool().connect());
    const done: string[] = [];
    const sent = ['begin', `insert into items (owner) values ('acme')`, 'select 1', 'commit'].map(
      (text) => asAcme(() => client.query(text)).then(() => done.push(text)),
    );
    // Nobody waits for it meanwhile.
    for (let i = 0; i < 5; i++) await asAcme(() => pool().query('select from items'));
    expect(done).toEqual([]);
    open();
    await Promise.all([...sent, ...held]);
    expect(done).toHaveLength(4);
    await asAcme(() => client.query('begin'));
    const [before, status] = [client.processID, client.getTransactionStatus()];
    expect([before, status]).toEqual([expect.any(Number), 'T']);
    await sleep(20);
    expect(client.processID).toBe(before);
    await asAcme(() => client.query('rollback'));
    client.release();
    await idle();
  });

  it('sends nothing of a transaction that could not begin', async () => {
    const { opened, open } = latch();
    const held = await holdOthers(opened);
    const client = await asAcme(() => pool().connect());
    const sent = asAcme(() =>
      ['begin', `insert into items (owner) values ('never')`].map((text) => client.query(text)),
    );
    client.release();
    for (const each of sent) {
      await expect(each).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
    }
    open();
    await Promise.all(held);
    await idle();
    const { rows } = await asAcme(() => pool().query(`select from items where owner = 'never'`));
    expect(rows).toEqual([]);
  });

  it('reads a cursor on one that it may hold', async () => {
    const { opened, open } = latch();
    const held = await holdOthers(opened);
    const client = await asAcme(() => pool().connect());
    const cursor = asAcme(() => client.query(new Cursor('select generate_series(1, 5) as n')));
    const first = cursor.read(2);
    await asAcme(() => pool().query('select from items'));
    open();
    expect(await first).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await cursor.read(10)).toHaveLength(3);
    await cursor.close();
    client.release();
    await Promise.all(held);
    await idle();
  });

  it('hears of notices on each connection that it gets', () =>
    whileOthersHold(async () => {
      const client = await asAcme(() => pool().connect());
      const heard: unknown[] = [];
      client.on('notice', (notice) => heard.push((notice as { message?: string }).message));
      const drop = (name: string, sender: Pick<TenantClient, 'query'>) =>
        asAcme(() => sender.query(`drop table if exists ${name}`));
      await drop('none_one', client);
      await drop('none_of_mine', pool());
      await drop('none_two', client);
      client.release();
      await drop('none_later', pool());
      expect(heard).toEqual([
        expect.stringContaining('none_one'),
        expect.stringContaining('none_two'),
      ]);
    }));

  it('is lost with it where something was under way', () =>
    whileOthersHold(async () => {
      const client = await asAcme(() => pool().connect());
      const slow = asAcme(() => client.query('select pg_sleep(20) /* to be lost */'));
      const failed = expect(slow).rejects.toMatchObject({ code: 'CONNECTION_LOST' });
      await eventually(async () => (await running('/* to be lost */')) === 1);
      await tenancy.database.query('select pg_terminate_backend($1)', [client.processID]);
      await failed;
      await expect(asAcme(() => client.query('select 1'))).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
      });
      client.release();
      await asAcme(() => pool().query('select from items'));
    }));

  it('keeps what code without a tenant sets to one that it may hold', async () => {
    const { opened, open } = latch();
    const held = await holdOthers(opened);
    const client = await withoutTenant(() => pool().connect());
    const set = withoutTenant(() => client.query(`set application_name = 'of mine'`));
    await asAcme(() => pool().query('select from items'));
    open();
    await set;
    await Promise.all(held);
    const { rows } = await withoutTenant(() =>
      client.query<{ application_name: string }>('show application_name'),
    );
    expect(rows[0]?.application_name).toBe('of mine');
    client.release();
    await idle();
  });
});
