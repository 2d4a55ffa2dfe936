import { setTimeout as delay } from 'node:timers/promises';
import {
  runWithTenant,
  withoutTenant,
  type ConnectionManager,
  type Tenant,
  type TenantClient,
} from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { customType } from 'drizzle-orm/pg-core';
import { EntitySchema } from 'typeorm';
import { useAccounts } from '../../support/accounts.js';
import { useTenancy } from '../../support/tenancy.js';

// Whatever throws on the way of a statement: whoever sent it is answered, and the one connection that
// there is serves the next.

const tenancy = useTenancy();
const accounts = useAccounts();
let acme: Tenant;
let connections: ConnectionManager;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

beforeEach(() => {
  connections = accounts.connect({
    connectionString: tenancy.database.connectionString,
    max: 1,
    connectionTimeoutMs: 2_000,
  });
});

const boom = (): never => {
  throw new Error('boom');
};
const throwing = { types: { getTypeParser: boom } };
const broken = { types: { getTypeParser: () => boom } };

type Query = (input: unknown, values?: unknown, callback?: unknown) => unknown;

/** What is sent, in place of the arguments of query(). */
const wrong: Record<string, (query: Query) => unknown> = {
  'a value whose toPostgres() throws': (query) => query('select $1', [{ toPostgres: boom }]),
  'a value whose toJSON() throws': (query) => query('select $1::jsonb', [{ toJSON: boom }]),
  'a value whose toString() throws': (query) =>
    query('select $1', [Object.assign(() => 1, { toString: boom })]),
  'a BigInt in JSON': (query) => query('select $1::jsonb', [{ n: 1n }]),
  'a circle in JSON': (query) => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    return query('select $1::jsonb', [circle]);
  },
  'a symbol': (query) => query('select $1', [Symbol('s')]),
  'a value that throws at any look': (query) =>
    query('select $1', [new Proxy({}, { get: boom, getPrototypeOf: boom })]),
  'values that throw at any look': (query) => query('select $1', new Proxy([1], { get: boom })),
  'values that are no array': (query) => query('select $1', { 0: 1 }),
  'types that throw': (query) => query({ text: 'select 1', ...throwing }),
  'types that throw, with values': (query) => query({ text: 'select $1', ...throwing }, [1]),
  'types without parsers': (query) => query({ text: 'select 1', types: {} }),
  'a parser that is none': (query) =>
    query({ text: 'select 1', types: { getTypeParser: () => 5 } }),
  'a parser that throws': (query) => query({ text: 'select 1', ...broken }),
  'a parser that throws, behind rows that were read': (query) =>
    query({ text: 'select n from generate_series(1, 3) n', ...broken, rowMode: 'array' }),
  'a parser that throws, in several statements': (query) =>
    query({ text: 'select 1; select 2', ...broken }),
  'no statement': (query) => query(undefined),
  null: (query) => query(null),
  'a number': (query) => query(5),
  'an empty object': (query) => query({}),
  'a function': (query) => query(() => undefined),
  'a text that is none': (query) => query({ text: 5 }),
  'a config that throws at any look': (query) => query(new Proxy({}, { get: boom })),
  'a NUL in the text': (query) => query('select 1 \0 from x'),
  'a NUL in a value': (query) => query('select $1::text', ['\0']),
  'a time-out of NaN': (query) => query({ text: 'select 1', query_timeout: Number.NaN }),
  'a time-out that is text': (query) => query({ text: 'select 1', query_timeout: '5s' }),
  'a time-out of too long': (query) => query({ text: 'select 1', query_timeout: 2 ** 31 }),
  'a time-out that is over': (query) => query({ text: 'select pg_sleep(0.5)', query_timeout: 50 }),
  'a name and a text': (query) => query({ name: 'x'.repeat(100), text: 'select nonsense' }),
  'a portal that is none': (query) => query({ text: 'select nonsense', portal: 5 }, [1]),
  'the extended protocol, for COPY': (query) =>
    query({ text: 'copy items from stdin', queryMode: 'extended' }),
  'COPY without a source': (query) => query('copy items from stdin'),
  'more values than parameters': (query) => query('select $1', [1, 2]),
  'a callback that is none': (query) => query('select 1', [], 'callback'),
};

/** By code that is thrown or rejected with, whichever it is. */
async function outcomeOf(work: () => unknown): Promise<unknown> {
  try {
    return await work();
  } catch (error) {
    return error;
  }
}

async function withClient(work: (client: TenantClient) => Promise<unknown>): Promise<unknown> {
  const client = await connections.pool.connect();
  try {
    return await work(client);
  } finally {
    client.release();
  }
}

const places: Record<string, (send: (query: Query) => unknown) => Promise<unknown>> = {
  'pool.query()': (send) => outcomeOf(() => send(queryOf(connections.pool))),
  'pool.query() with a callback': (send) =>
    outcomeOf(() => send(calledBack(queryOf(connections.pool)))),
  'a client': (send) => withClient((client) => outcomeOf(() => send(queryOf(client)))),
  'a client, with a callback': (send) =>
    withClient((client) => outcomeOf(() => send(calledBack(queryOf(client))))),
  'a client that is busy': (send) =>
    withClient(async (client) => {
      const before = client.query('select pg_sleep(0.01)');
      const outcome = outcomeOf(() => send(queryOf(client)));
      const after = client.query('select 1').catch((error: unknown) => error);
      await before;
      await after;
      return outcome;
    }),
  'a transaction': (send) =>
    withClient(async (client) => {
      await client.query('begin');
      const outcome = await outcomeOf(() => send(queryOf(client)));
      await client.query('rollback').catch(() => undefined);
      return outcome;
    }),
};

function queryOf(sender: { query: unknown }): Query {
  return (...args) => (sender.query as Query).apply(sender, args);
}

function calledBack(query: Query): Query {
  return (input, values, callback) =>
    callback === undefined
      ? new Promise((resolve, reject) => {
          query(input, values, (error: unknown, result: unknown) =>
            error ? reject(error) : resolve(result),
          );
        })
      : query(input, values, callback);
}

describe.each(Object.entries(places))('%s', (_, place) => {
  describe.each([
    ['as a tenant', (work: () => Promise<unknown>) => runWithTenant(acme, work)],
    ['as nobody', (work: () => Promise<unknown>) => withoutTenant(work)],
  ])('%s', (__, as) => {
    it.each(Object.entries(wrong))('answers %s', async (___, send) => {
      for (let n = 0; n < 2; n++) {
        expect(await as(() => place(send))).toBeInstanceOf(Object);
        await expect(connections.unscopedQuery('select 1 as one')).resolves.toMatchObject({
          rows: [{ one: 1 }],
        });
      }
      expect(connections.getTotalCount()).toBeLessThanOrEqual(1);
    });
  });
});

describe('a cursor or stream', () => {
  it.each<[string, object]>([
    ['throws when it is sent', { text: 'select 1', submit: boom }],
    ['returns an error when it is sent', { text: 'select 1', submit: () => new Error('boom') }],
    ['sends nothing', { text: 'select 1', submit: () => undefined, handleError: () => undefined }],
    [
      'sends another text',
      {
        text: 'select 1',
        submit: (wire: { query(text: string): void }) => wire.query('select 2'),
      },
    ],
  ])('that %s costs its connection at the most', async (_, submittable) => {
    await runWithTenant(acme, () =>
      withClient(async (client) => {
        client.query(Object.assign(submittable, { handleError: () => undefined }) as never);
        await delay(20);
      }),
    );
    await expect(connections.unscopedQuery('select 1')).resolves.toMatchObject({ rowCount: 1 });
  });
});

describe('the ORMs', () => {
  it('Drizzle answers where a type of its own throws', async () => {
    const bad = customType<{ data: unknown }>({ dataType: () => 'text', toDriver: boom });
    const items = tenantSchema.table('items', { owner: bad() });
    const db = createTenantDatabase(connections);
    await runWithTenant(acme, async () => {
      const insert = async () => db.insert(items).values({ owner: 1 });
      await expect(insert()).rejects.toThrow('boom');
      await expect(
        db.transaction(async (tx) => {
          await tx.insert(items).values({ owner: 1 });
        }),
      ).rejects.toThrow('boom');
      await expect(db.select().from(items)).resolves.toEqual([]);
    });
  });

  it('TypeORM answers where a transformer throws', async () => {
    const Item = new EntitySchema<{ id: number; owner: string }>({
      name: 'Item',
      tableName: 'items',
      schema: '$tenant',
      columns: {
        id: { type: 'integer', primary: true, generated: true },
        owner: { type: 'text', transformer: { to: boom, from: (value: unknown) => value } },
      },
    });
    const source = createTenantDataSource(connections, { entities: [Item] });
    await source.initialize();
    await runWithTenant(acme, async () => {
      await expect(source.getRepository(Item).insert({ owner: 'x' })).rejects.toThrow('boom');
      await expect(source.getRepository(Item).find()).resolves.toEqual([]);
    });
    await source.destroy();
  });
});
