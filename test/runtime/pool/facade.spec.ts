import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minifySync } from '@swc/core';
import pg from 'pg';
import {
  runWithTenant,
  TenantClient,
  TenantPool,
  tryCurrentTenant,
  UnsupportedStatementError,
  type Tenant,
} from '@mt/runtime';
import { eventually } from '../../support/eventually.js';
import { useTenancy } from '../../support/tenancy.js';

/** What node-postgres has and the facade leaves out. A member that is new is in neither, and no type. */
const hasAllOfPool: [Exclude<keyof pg.Pool, keyof TenantPool>] extends [never] ? true : false =
  true;
const NOT_OF_CLIENT = {
  connect: 'it is connected',
  connection: 'what is written there belongs to no tenant',
  copyFrom: 'node-postgres has not made it',
  copyTo: 'node-postgres has not made it',
  database: 'who logs in where is nobody’s business',
  emit: 'events are those of the connection',
  end: 'release() gives it back, or closes it',
  getMaxListeners: 'there is no limit',
  host: 'who logs in where is nobody’s business',
  password: 'who logs in where is nobody’s business',
  pauseDrain: 'the queue is the runtime’s',
  pipeline: 'what follows a BEGIN that failed would be sent',
  port: 'who logs in where is nobody’s business',
  prependOnceListener: 'once() is the same',
  rawListeners: 'listeners() has them',
  resumeDrain: 'the queue is the runtime’s',
  ssl: 'who logs in where is nobody’s business',
  user: 'who logs in where is nobody’s business',
  [EventEmitter.captureRejectionSymbol]: 'listeners here return nothing',
} satisfies Record<Exclude<keyof pg.PoolClient, keyof TenantClient>, string>;

const tenancy = useTenancy({ max: 2, pool: { maxUses: 1_000 } });
let acme: Tenant;
beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});
afterEach(() => {
  tenancy.connections.pool.removeAllListeners();
});

const withClient = <T>(work: (client: TenantClient) => Promise<T> | T) =>
  runWithTenant(acme, async () => {
    const client = await tenancy.connections.pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  });

it('has what node-postgres has, but for what is named here', () => {
  expect(hasAllOfPool).toBe(true);
  for (const member of Reflect.ownKeys(NOT_OF_CLIENT)) {
    expect(TenantClient.prototype).not.toHaveProperty([member]);
  }
});

describe('the pool', () => {
  it('says what holds for its connections, and nothing of who logs in', () => {
    const { pool } = tenancy.connections;
    expect(pool.options).toMatchObject({ max: 2, maxUses: 1_000 });
    expect(JSON.stringify(pool.options)).not.toMatch(/password|postgres|user|host/i);
    expect(pool).toMatchObject({ ended: false, ending: false, expiredCount: 0 });
  });

  it('tells of connections that are opened, acquired, released and closed', async () => {
    const { pool } = tenancy.connections;
    const told: unknown[] = [];
    for (const event of ['connect', 'acquire', 'release', 'remove']) {
      pool.on(event, (...args: unknown[]) => told.push([event, ...args]));
    }
    const [one, two] = await runWithTenant(acme, () =>
      Promise.all([pool.connect(), pool.connect()]),
    );
    const failure = new Error('broken');
    one.release(failure);
    two.release();
    await eventually(() => told.some((args) => (args as [string])[0] === 'remove'));
    const names = told.map((args) => (args as [string])[0]);
    expect(names.filter((name) => name === 'acquire')).toHaveLength(2);
    expect(told).toContainEqual(['release', failure, one]);
    expect(told).toContainEqual(['release', undefined, two]);
    expect(names).toContain('connect');
  });

  it('lets nobody send who hears of a connection', async () => {
    const { pool } = tenancy.connections;
    const heard: { query(text: string): Promise<unknown>; on(event: string): unknown }[] = [];
    pool.on('remove', (connection) => heard.push(connection));
    await withClient((client) => client.release(true));
    await eventually(() => heard.length > 0);
    await expect(heard[0]?.query('select 1')).rejects.toThrow(UnsupportedStatementError);
    expect(heard[0]?.on('error')).toBe(heard[0]);
  });

  it('a listener that throws costs nobody a connection', async () => {
    const { pool } = tenancy.connections;
    for (const event of ['connect', 'acquire', 'release', 'remove']) {
      pool.on(event, () => {
        throw new Error(`${event} broke`);
      });
    }
    for (let i = 0; i < 5; i++) await withClient((client) => client.query('select from items'));
    await Promise.all([1, 2, 3].map(() => withClient(() => undefined)));
  });

  it('tells each listener, as nobody, whatever becomes of the one before', async () => {
    const { pool } = tenancy.connections;
    const rejected = jest.fn();
    process.on('unhandledRejection', rejected);
    const seen: unknown[] = [];
    const late = (): unknown => Promise.reject(new Error('late'));
    pool.on('acquire', late);
    pool.on('acquire', () => {
      throw new Error('at once');
    });
    pool.once('acquire', () => seen.push(tryCurrentTenant()));
    await withClient(() => undefined);
    await withClient(() => undefined);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', rejected);
    expect(seen).toEqual([undefined]);
    expect(rejected).not.toHaveBeenCalled();
  });

  it('keeps its name, by which Drizzle knows it, where a minifier changes names', () => {
    const built = join(__dirname, '../../../src/dist/cjs/connections/tenant-pool.js');
    const { code } = minifySync(readFileSync(built, 'utf8'), { mangle: { toplevel: true } });
    expect(code).not.toMatch(/class TenantPool/);
    expect(code).toContain('name="TenantPool"');
    expect(Object.getOwnPropertyDescriptor(TenantPool, 'name')?.value).toBe('TenantPool');
  });
});

describe('a client', () => {
  it('has what libraries ask of one', async () => {
    await withClient(async (client) => {
      expect(client.processID).toEqual(expect.any(Number));
      expect(client.getTransactionStatus()).toBe('I');
      await client.query('begin');
      expect(client.getTransactionStatus()).toBe('T');
      await client.query('rollback');
      expect(client.escapeIdentifier('a"b')).toBe('"a""b"');
      expect(client.escapeLiteral("it's")).toBe("'it''s'");
      expect(client.getTypeParser(pg.types.builtins.INT4)('5')).toBe(5);
      expect(() => client.setTypeParser()).toThrow(UnsupportedStatementError);
    });
  });

  it('knows nothing of its connection once that may be another tenant’s', async () => {
    const listener = jest.fn();
    const client = await withClient((it) => it);
    expect(client.processID).toBeUndefined();
    expect(client.getTransactionStatus()).toBeNull();
    client.on('notice', listener).once('notice', listener);
    await withClient(async (next) => {
      await next.query(`do $$ begin raise notice 'of the next'; end $$`);
    });
    expect(listener).not.toHaveBeenCalled();
  });

  it('counts a listener that is called once until it was', async () => {
    await withClient(async (client) => {
      client.once('notice', () => undefined);
      expect(client.listenerCount('notice')).toBe(1);
      await client.query(`do $$ begin raise notice 'now'; end $$`);
      expect(client.listenerCount('notice')).toBe(0);
      expect(client.eventNames()).toEqual([]);
    });
  });

  it('has the listeners that it was given, until it is released', async () => {
    const listener = () => undefined;
    await withClient((client) => {
      client.addListener('notice', listener).on('notice', listener);
      client.prependListener('drain', listener);
      expect(client.listenerCount('notice')).toBe(2);
      expect(client.listeners('drain')).toEqual([listener]);
      expect(client.eventNames()).toEqual(['notice', 'drain']);
      client.off('notice', listener);
      expect(client.listenerCount('notice')).toBe(1);
      client.removeAllListeners();
      expect(client.eventNames()).toEqual([]);
      expect(client.setMaxListeners()).toBe(client);
    });
  });
});
