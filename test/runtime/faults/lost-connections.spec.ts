import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  isRetryable,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type Tenant,
} from '@mt/runtime';
import pg from 'pg';
import { eventually } from '../../support/eventually.js';
import { openStore, ORMS } from '../../support/orms.js';
import { startOwnServer, type OwnServer } from '../../support/own-server.js';
import { startRelay } from '../../support/relay.js';
import { useTenancy } from '../../support/tenancy.js';
import { startLoad, tenancyError, untyped } from './load.js';

const tenancy = useTenancy({ max: 8, connectionTimeoutMs: 20_000 });
let tenants: Tenant[];

beforeAll(async () => {
  tenants = [
    await tenancy.tenants.create({ slug: 'acme' }),
    await tenancy.tenants.create({ slug: 'globex' }),
  ];
});

beforeEach(async () => {
  for (const { schema } of tenants) await tenancy.database.query(`truncate ${schema}.items`);
});

const KILL_ONE = `select pg_terminate_backend(pid) from (
  select pid from pg_stat_activity
  where application_name = 'mt-runtime' and datname = current_database()
  order by random() limit 1) one`;

function expectNothingLost(connections: ConnectionManager): void {
  expect(connections.getActiveCount()).toBe(0);
  expect(connections.getWaitingCount()).toBe(0);
  expect(connections.getTotalCount()).toBeLessThanOrEqual(8);
}

describe.each(ORMS)('backends that are terminated while 50 clients work, through %s', (orm) => {
  it('cost their statements and nothing else', async () => {
    const store = await openStore(orm, tenancy.connections);
    const load = startLoad(store, tenants);
    for (let kill = 0; kill < 40; kill++) {
      await tenancy.database.query(KILL_ONE);
      await delay(20);
    }
    const { done, errors, leaks } = await load.stop();
    await store.close();

    expect(errors.length).toBeGreaterThan(0);
    expect(untyped(errors)).toEqual([]);
    expect(new Set(errors.map((error) => tenancyError(error)?.code))).toEqual(
      new Set(['CONNECTION_LOST']),
    );
    expect(leaks).toBe(0);
    expect(done).toBeGreaterThan(50);
    await eventually(() => tenancy.connections.getActiveCount() === 0);
    expectNothingLost(tenancy.connections);
    for (const { schema, slug } of tenants) {
      await expect(
        tenancy.database.query(`select from ${schema}.items where owner <> $1 or note = 'undone'`, [
          slug,
        ]),
      ).resolves.toEqual([]);
    }
  });
});

it('tells truly whether a retry is safe: what was done is never reported as safe to do again', async () => {
  const [acme] = tenants as [Tenant];
  const { pool } = tenancy.connections;
  let safe = 0;
  const killing = new AbortController();
  const killer = (async () => {
    while (!killing.signal.aborted) {
      await tenancy.database.query(KILL_ONE);
      await delay(3);
    }
  })();
  const work = async (number: number) => {
    for (let step = 0; step < 40; step++) {
      const mark = `${number}/${step}`;
      try {
        await runWithTenant(acme, async () => {
          if (step % 2 === 0) {
            await pool.query(`insert into "$tenant".items (owner, note) values ('acme', $1)`, [
              mark,
            ]);
            return;
          }
          const client = await pool.connect();
          try {
            await client.query('begin');
            await client.query(`insert into items (owner, note) values ('acme', $1)`, [mark]);
            await client.query('select pg_sleep(0.002)');
            await client.query('commit');
          } finally {
            client.release();
          }
        });
      } catch (error) {
        expect(tenancyError(error)).toBeDefined();
        if (!isRetryable(error)) continue;
        safe++;
        await expect(
          tenancy.database.query(`select from ${acme.schema}.items where note = $1`, [mark]),
        ).resolves.toEqual([]);
      }
    }
  };
  await Promise.all(Array.from({ length: 16 }, (_, number) => work(number)));
  killing.abort();
  await killer;
  expect(safe).toBeGreaterThan(0);
  await eventually(() => tenancy.connections.getActiveCount() === 0);
  expectNothingLost(tenancy.connections);
});

describe('a connection that is cut', () => {
  const connect = async () => {
    const relay = await startRelay(tenancy.database.connectionString);
    const connections = new ConnectionManager({
      connectionString: relay.connectionString,
      drainTimeoutMs: 100,
    });
    return { relay, connections };
  };

  it('in the middle of a transaction takes all of it along, and a retry is safe', async () => {
    const [acme] = tenants as [Tenant];
    const { relay, connections } = await connect();
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await client.query('begin');
      await client.query("insert into items (owner) values ('cut')");
      const slow = client.query('select pg_sleep(30)');
      await delay(50);
      await relay.close();
      await expect(slow).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
      await expect(client.query('select 1')).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        retryable: true,
      });
      client.release();
    });
    expect(connections.getTotalCount()).toBe(0);
    await connections.close();
    await expect(
      tenancy.database.query(`select from ${acme.schema}.items where owner = 'cut'`),
    ).resolves.toEqual([]);
  });

  it('while it commits leaves that open, and says so', async () => {
    const [acme] = tenants as [Tenant];
    const { relay, connections } = await connect();
    await runWithTenant(acme, async () => {
      const client = await connections.pool.connect();
      await client.query('begin');
      await client.query("insert into items (owner) values ('acme')");
      relay.freeze();
      const commit = client.query('commit');
      await delay(50);
      await relay.close();
      await expect(commit).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: false });
      client.release();
    });
    await connections.close();
  });
});

describe('a server that is stopped and started', () => {
  let server: OwnServer;
  let connections: ConnectionManager;
  let own: Tenant[];

  beforeAll(async () => {
    server = await startOwnServer();
    connections = new ConnectionManager({ connectionString: server.connectionString, max: 8 });
    const registry = new TenantRegistry(connections);
    await registry.setup();
    const { directory } = tenancy;
    const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
    const lifecycle = new Tenants(registry, migrator);
    own = [await lifecycle.create({ slug: 'acme' }), await lifecycle.create({ slug: 'globex' })];
  });

  afterAll(async () => {
    await connections.close();
    await server.stop();
  });

  it.each(ORMS)('under load is worked with again within a second, through %s', async (orm) => {
    const store = await openStore(orm, connections);
    const load = startLoad(store, own);
    await delay(300);
    await server.restart();
    await untilItAnswers(server.connectionString);
    const back = performance.now();
    await eventually(() => load.outcome.lastSuccess > back, 1_000);
    await delay(200);
    const { errors, leaks } = await load.stop();
    await store.close();

    expect(errors.length).toBeGreaterThan(0);
    expect(untyped(errors)).toEqual([]);
    expect(leaks).toBe(0);
    await eventually(() => connections.getActiveCount() === 0);
    expectNothingLost(connections);
  });
});

async function untilItAnswers(connectionString: string): Promise<void> {
  for (;;) {
    const client = new pg.Client({ connectionString });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await client.end();
    } catch {
      await delay(5);
    }
  }
}
