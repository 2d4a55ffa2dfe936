import { createServer } from 'node:http';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  onDiagnostics,
  runWithTenant,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { eventually } from '../../support/eventually.js';
import { Item, openStore, ORMS } from '../../support/orms.js';
import { useTenancy } from '../../support/tenancy.js';
import { tenancyError } from './load.js';

const tenancy = useTenancy();
let acme: Tenant;
let globex: Tenant;
let connections: ConnectionManager;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
});

function connect(options: ConnectionManagerOptions, url = tenancy.database.connectionString): void {
  connections = new ConnectionManager({ connectionString: url, drainTimeoutMs: 500, ...options });
}

afterEach(async () => {
  expect(connections.getWaitingCount()).toBe(0);
  await connections.close();
});

const as = <T>(tenant: Tenant, text: string) =>
  runWithTenant(tenant, () => connections.pool.query<T & object>(text));
const SLOW = 'select pg_sleep(0.3)';

describe('a tenant that floods the pool', () => {
  it('does not keep another one waiting for its turn', async () => {
    connect({ max: 2 });
    const flood = Promise.all(Array.from({ length: 200 }, () => as(acme, 'select pg_sleep(0.01)')));
    let flooded = true;
    void flood.then(() => (flooded = false));
    for (let n = 0; n < 5; n++) await as(globex, 'select 1');
    expect(flooded).toBe(true);
    expect(connections.getWaitingCount()).toBeGreaterThan(100);
    await flood;
  });

  it('has no more connections than it may', async () => {
    connect({
      max: 4,
      maxPerTenant: 3,
      limitsOf: ({ slug }) => (slug === 'acme' ? { maxConnections: 2 } : {}),
    });
    const work = Promise.all(
      [acme, globex].flatMap((tenant) => Array.from({ length: 6 }, () => as(tenant, SLOW))),
    );
    await eventually(() => connections.getTotalCount() === 4);
    expect(connections.getInFlight(acme)).toBe(2);
    expect(connections.getInFlight(globex)).toBe(2);
    expect(connections.stats()).toMatchObject({ active: 4, waiting: 8 });
    await work;
    await Promise.all(Array.from({ length: 3 }, () => as(globex, SLOW)));
    expect(connections.getInFlight(acme)).toBe(0);
  });
});

describe('a queue that is full', () => {
  it('refuses the tenant that filled it, and takes another one in', async () => {
    connect({ max: 1, maxQueue: 3 });
    const heard = jest.fn();
    const stop = onDiagnostics('failed-checkout', heard);
    const flood = Array.from({ length: 6 }, () => as(acme, SLOW));
    const quiet = as(globex, 'select 1');
    const outcomes = await Promise.allSettled(flood);
    stop();
    await expect(quiet).resolves.toMatchObject({ rowCount: 1 });
    const refused = outcomes.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(3);
    for (const outcome of refused) {
      expect(outcome).toMatchObject({ reason: { code: 'QUEUE_FULL', retryable: true } });
    }
    expect(heard).toHaveBeenCalledTimes(3);
    expect(heard).toHaveBeenCalledWith(expect.objectContaining({ tenant: acme }));
  });

  it('is left after the time for waiting', async () => {
    connect({ max: 1, connectionTimeoutMs: 50 });
    const outcomes = await Promise.allSettled(Array.from({ length: 4 }, () => as(acme, SLOW)));
    expect(outcomes.map(({ status }) => status)).toEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'rejected',
    ]);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'CONNECTION_TIMEOUT', retryable: true } });
  });
});

describe.each(ORMS)(
  'requests that need a second connection inside of a transaction, through %s',
  (orm) => {
    const work = async (): Promise<() => Promise<unknown>> => {
      if (orm === 'drizzle') {
        const db = createTenantDatabase(connections);
        return () =>
          db.transaction(async (tx) => {
            await tx.execute('select 1');
            await delay(5);
            return db.execute('select count(*) from items');
          });
      }
      const source = createTenantDataSource(connections, { entities: [Item] });
      await source.initialize();
      return () =>
        source.transaction(async (manager) => {
          await manager.count(Item);
          await delay(5);
          return source.getRepository(Item).count();
        });
    };

    it('all get it', async () => {
      connect({ max: 3, connectionTimeoutMs: 20_000 });
      const transaction = await work();
      const requests = Array.from({ length: 30 }, (_, n) =>
        runWithTenant(n % 2 ? acme : globex, transaction),
      );
      await Promise.all(requests);
      expect(connections.getActiveCount()).toBe(0);
    });

    it('are refused soon where there is but one connection', async () => {
      connect({ max: 1, connectionTimeoutMs: 20_000 });
      const transaction = await work();
      const started = performance.now();
      const error = await runWithTenant(acme, transaction).catch((failure: unknown) => failure);
      expect(tenancyError(error)).toMatchObject({ code: 'CONNECTION_DEADLOCK', retryable: true });
      expect(performance.now() - started).toBeLessThan(10_000);
      await as(globex, 'select 1');
    });
  },
);

describe('a statement that takes longer than its tenant may', () => {
  it.each([
    ['qualified', `select pg_sleep(5) from (select count(*) from "$tenant".items) counted`],
    ['unqualified', `select pg_sleep(5)`],
    ['several in one text', `select 1; select pg_sleep(5)`],
  ])('is stopped by the server: %s', async (_, text) => {
    connect({
      statementTimeoutMs: 60,
      limitsOf: ({ slug }) => (slug === 'globex' ? { statementTimeoutMs: 0 } : {}),
    });
    await expect(as(acme, text)).rejects.toMatchObject({
      code: 'STATEMENT_TIMEOUT',
      milliseconds: 60,
      cause: { code: '57014' },
    });
    // The connection is as good as before, and the limit is not somebody else's.
    expect(connections.getTotalCount()).toBe(1);
    await expect(as(globex, 'select pg_sleep(0.15)')).resolves.toBeDefined();
    await expect(as(acme, 'select 1')).resolves.toBeDefined();
    expect(connections.getTotalCount()).toBe(1);
  });

  it('in a transaction too, also after ROLLBACK TO', async () => {
    connect({ statementTimeoutMs: 60 });
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await client.query('begin');
      await client.query('savepoint one');
      await client.query('select 1');
      await client.query('rollback to savepoint one');
      await expect(client.query('select pg_sleep(5)')).rejects.toMatchObject({
        code: 'STATEMENT_TIMEOUT',
      });
      await client.query('rollback');
      client.release();
    });
  });

  it('is told from one that somebody cancelled', async () => {
    connect({ statementTimeoutMs: 5_000 });
    const slow = as(acme, 'select pg_sleep(4)').catch((error: unknown) => error);
    await delay(100);
    await tenancy.database.query(
      `select pg_cancel_backend(pid) from pg_stat_activity where query like '%pg_sleep(4)%' and pid <> pg_backend_pid()`,
    );
    expect(await slow).toMatchObject({ code: '57014' });
  });
});

describe('a server without a connection to spare', () => {
  it('is an error that says so, and costs nothing that works', async () => {
    const role = `few_${process.pid}`;
    await tenancy.database.query(`create role ${role} login superuser password 'few'`);
    const url = new URL(tenancy.database.connectionString);
    const database = url.pathname.slice(1);
    // Superusers are not counted.
    await tenancy.database.query(`alter role ${role} nosuperuser connection limit 2`);
    await tenancy.database.query(`grant all on database ${database} to ${role}`);
    url.username = role;
    url.password = 'few';
    connect({ max: 10 }, url.href);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, () => as(acme, 'select pg_sleep(0.2)')),
    );
    const failed = outcomes.filter(({ status }) => status === 'rejected');
    expect(outcomes.length - failed.length).toBe(2);
    for (const outcome of failed) {
      expect(outcome).toMatchObject({
        reason: { code: 'DATABASE_UNAVAILABLE', retryable: true, cause: { code: '53300' } },
      });
    }
    await expect(as(acme, 'select 1')).resolves.toBeDefined();
    expect(connections.getTotalCount()).toBe(2);
    expect(connections.getActiveCount()).toBe(0);
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong'), false],
    ['an unknown database', (url: URL) => (url.pathname = '/nowhere'), false],
    ['nobody there', (url: URL) => (url.port = '1'), true],
  ])('%s: says whether trying again can help', async (_, change, retryable) => {
    const url = new URL(tenancy.database.connectionString);
    change(url);
    connect({}, url.href);
    await expect(as(acme, 'select 1')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      retryable,
    });
  });
});

it.each(ORMS)('requests that are aborted leave nothing behind, through %s', async (orm) => {
  connect({ max: 3 });
  const store = await openStore(orm, connections);
  let aborted = 0;
  const server = createServer((_, response) => {
    // As an application does that gives up when nobody waits for the answer any more.
    response.on('close', () => {
      if (!response.writableEnded) aborted++;
    });
    const work = runWithTenant(acme, async () => {
      const rows = await store.transaction('acme');
      await delay(20);
      if (response.destroyed) throw new Error('aborted');
      return rows;
    });
    work.then(
      (rows) => response.end(String(rows.length)),
      () => response.destroy(),
    );
  }).listen(0);
  const { port } = server.address() as AddressInfo;
  await Promise.all(
    Array.from(
      { length: 40 },
      (_, n) =>
        new Promise<void>((resolve) => {
          const request = get({ port, agent: false });
          request.on('error', () => resolve());
          request.on('response', (response) => response.resume().on('end', resolve));
          if (n % 4 !== 0) setTimeout(() => request.destroy(), n);
        }),
    ),
  );
  await eventually(() => connections.getActiveCount() + connections.getWaitingCount() === 0);
  expect(aborted).toBeGreaterThan(0);
  await store.close();
  server.close();
  server.closeAllConnections();
  expect(connections.getTotalCount()).toBeLessThanOrEqual(3);
  await expect(as(globex, 'select 1')).resolves.toBeDefined();
});

it('a schema that is dropped and made again is found again, over the same connections', async () => {
  connect({ max: 2 });
  const read = (text: string) => as<{ owner: string }>(acme, text);
  const texts = ['select owner from items', 'select owner from "$tenant".items'];
  for (const text of texts) await read(text);
  await tenancy.database.query(`drop schema ${acme.schema} cascade`);
  for (const text of texts) await expect(read(text)).rejects.toMatchObject({ code: '42P01' });
  await tenancy.database.query(`create schema ${acme.schema}`);
  await tenancy.database.query(
    `create table ${acme.schema}.items (note text, owner text, id integer)`,
  );
  await tenancy.database.query(`insert into ${acme.schema}.items (owner) values ('again')`);
  for (const text of texts) {
    await expect(read(text)).resolves.toMatchObject({ rows: [{ owner: 'again' }] });
  }
  expect(connections.getTotalCount()).toBe(1);
});

describe('what is told', () => {
  it('names the tenant of slow and of failed statements, without their parameters', async () => {
    connect({ slowStatementMs: 20 });
    const slow = jest.fn();
    const failed = jest.fn();
    const stops = [
      onDiagnostics('slow-statement', slow),
      onDiagnostics('failed-statement', failed),
    ];
    await as(acme, 'select pg_sleep(0.05)');
    await as(globex, 'select * from nowhere').catch(() => undefined);
    for (const stop of stops) stop();
    await as(acme, 'select pg_sleep(0.05)');
    expect(slow).toHaveBeenCalledTimes(1);
    expect(slow).toHaveBeenCalledWith({
      tenant: acme,
      text: 'select pg_sleep(0.05)',
      durationMs: expect.any(Number) as number,
      error: undefined,
    });
    expect(failed).toHaveBeenCalledTimes(1);
    expect(failed).toHaveBeenCalledWith(
      expect.objectContaining({
        tenant: globex,
        error: expect.objectContaining({ code: '42P01' }) as Error,
      }),
    );
  });

  it('is contained where a listener throws', async () => {
    connect({});
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation();
    const stop = onDiagnostics('statement', () => {
      throw new Error('the listener broke');
    });
    await expect(as(acme, 'select 1')).resolves.toBeDefined();
    stop();
    expect(warned).toHaveBeenCalled();
    warned.mockRestore();
  });

  it('counts each tenant with the most time, and all others in one sum', async () => {
    connect({ trackedTenants: 1 });
    await as(acme, 'select pg_sleep(0.05)');
    await as(globex, 'select 1');
    await as(globex, 'select * from nowhere').catch(() => undefined);
    const { tenants, others } = connections.stats();
    expect(tenants).toMatchObject([{ slug: 'acme', statements: 1, errors: 0, inFlight: 0 }]);
    expect(tenants[0]?.maxMs).toBeGreaterThanOrEqual(45);
    expect(others).toMatchObject({ statements: 2, errors: 1 });
  });
});

it('a tenant whose schema is gone leaves no table behind that the next one would see', async () => {
  connect({ max: 1 });
  const initech = await tenancy.tenants.create({ slug: 'initech' });
  await tenancy.database.query(`drop schema ${initech.schema} cascade`);
  await expect(as(initech, 'create table left_behind (id integer)')).rejects.toMatchObject({
    code: expect.stringMatching(/^42501|^3F000/) as string,
  });
  await expect(as(globex, 'select * from left_behind')).rejects.toMatchObject({ code: '42P01' });
});
