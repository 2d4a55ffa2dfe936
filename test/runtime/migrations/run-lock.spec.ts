import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  Migrator,
  sqlMigrations,
  TenantRegistry,
  type ConnectionManagerOptions,
} from '@mt/runtime';
import pg from 'pg';
import { withRunLock } from '../../../src/lib/migrations/run-lock.js';
import { ACTIVITY } from '../../support/activity.js';
import { eventually } from '../../support/eventually.js';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });

beforeAll(async () => {
  for (const slug of ['a', 'b', 'c']) await tenancy.tenants.create({ slug });
});

const over = (options: ConnectionManagerOptions = {}) => {
  const connections = new ConnectionManager({
    connectionString: tenancy.database.connectionString,
    ...options,
  });
  const registry = new TenantRegistry(connections);
  const source = sqlMigrations(connections, { directory: tenancy.directory });
  return { connections, migrator: new Migrator(connections, registry, source) };
};

/** Holds the lock until it is told to let go. */
async function hold(registry = tenancy.registry) {
  let letGo = () => {};
  // To TypeScript the package as it is built and its sources are two.
  const control = registry.control as unknown as Parameters<typeof withRunLock>[0];
  const released = withRunLock(
    control,
    {},
    () => new Promise<void>((resolve) => (letGo = resolve)),
  );
  await eventually(async () => (await tenancy.database.query(ACTIVITY.runLock)).length > 0);
  return () => {
    letGo();
    return released;
  };
}

it('has runs wait for each other, and says so once', async () => {
  const release = await hold();
  const { connections, migrator } = over();
  const onWait = jest.fn();
  const settled = jest.fn();
  const run = migrator.migrate({ onWait }).finally(settled);
  await delay(300);
  expect(settled).not.toHaveBeenCalled();
  expect(onWait).toHaveBeenCalledTimes(1);
  await release();
  expect(await run).toMatchObject({ total: 0, remaining: 0 });
  await connections.close();
});

it('hears its signal while it waits, and reports what is left', async () => {
  await tenancy.migration('0001_left', 'select 1');
  const release = await hold();
  const stop = new AbortController();
  const run = tenancy.migrator.migrate({ signal: stop.signal, onWait: () => stop.abort() });
  expect(await run).toEqual({
    total: 3,
    migrated: 0,
    applied: 0,
    failed: [],
    remaining: 3,
    missing: [],
    accepted: [],
  });
  await release();
  expect(await tenancy.migrator.migrate()).toMatchObject({ migrated: 3, remaining: 0 });
});

it.each([
  ['lock_timeout', 10],
  ['statement_timeout', 100],
  ['idle_in_transaction_session_timeout', 100],
  ['transaction_timeout', 100],
])('is not cut by the login’s %s', async (setting, milliseconds) => {
  const { connections, migrator } = over({ pool: { options: `-c ${setting}=${milliseconds}` } });
  const registry = new TenantRegistry(connections);
  // Neither while it waits nor while it is held.
  let release = await hold();
  const run = migrator.migrate();
  await delay(400);
  await release();
  expect(await run).toMatchObject({ failed: [], remaining: 0 });

  release = await hold(registry);
  await delay(400);
  const onWait = jest.fn();
  const other = tenancy.migrator.migrate({ onWait });
  await delay(200);
  expect(onWait).toHaveBeenCalled();
  await release();
  await other;
  await connections.close();
});

it('has nothing in the database wait, neither for who waits nor for who holds it', async () => {
  const release = await hold();
  const stop = new AbortController();
  const run = tenancy.migrator.migrate({ signal: stop.signal });
  await delay(300);
  await tenancy.database.query('create table indexed as select 1 as id');
  const since = performance.now();
  await tenancy.database.query('create index concurrently on indexed (id)');
  expect(performance.now() - since).toBeLessThan(1_000);
  // Nor does it keep vacuum from dead rows.
  const held = await tenancy.database.query(
    `select backend_xid, backend_xmin from pg_stat_activity
     where pid in (${ACTIVITY.runLock})`,
  );
  expect(held).toEqual([{ backend_xid: null, backend_xmin: null }]);
  expect(await tenancy.database.query(ACTIVITY.waitingForLock)).toEqual([]);
  stop.abort();
  await run;
  await release();
});

it('is none that a statement of a tenant could hold', async () => {
  const client = new pg.Client({ connectionString: tenancy.database.connectionString });
  await client.connect();
  await client.query('begin');
  await client.query(`select pg_advisory_xact_lock(hashtextextended('mt:migration-run', 0))`);
  for (const { id } of await tenancy.tenants.list()) {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `mt:tenant:${id}`,
    ]);
  }
  await tenancy.migration('0002_unhindered', 'select 1');
  expect(await tenancy.migrator.migrate()).toMatchObject({ migrated: 3, remaining: 0 });
  await client.end();
});

it('belongs to one control schema', async () => {
  const registry = new TenantRegistry(tenancy.connections, {
    controlSchema: 'other',
    schemaPrefix: 'other_',
  });
  await registry.setup();
  const release = await hold();
  const source = sqlMigrations(tenancy.connections, { directory: tenancy.directory });
  const onWait = jest.fn();
  const migrator = new Migrator(tenancy.connections, registry, source);
  expect(await migrator.migrate({ onWait })).toMatchObject({ total: 0 });
  expect(onWait).not.toHaveBeenCalled();
  await release();
});

it('is gone with the process that held it', async () => {
  await tenancy.migration('0003_slow', 'select pg_sleep(30)');
  const child = fork(join(__dirname, '../../support/migrate-process.cjs'), [
    tenancy.database.connectionString,
    tenancy.directory,
  ]);
  await eventually(async () => (await tenancy.database.query(ACTIVITY.sleeping)).length > 0);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await tenancy.migration('0003_slow', 'select 1');
  const run = tenancy.migrator.migrate();
  // The server notices that the process is gone when the statement is over.
  await tenancy.database.query(`select pg_terminate_backend(pid) from (${ACTIVITY.sleeping}) s`);
  expect(await run).toMatchObject({ migrated: 3, remaining: 0 });
});

it('goes on where it is lost: each migration is applied once all the same', async () => {
  await tenancy.migration(
    '0004_counted',
    'create table "$tenant".counted (id int); select pg_sleep(0.2)',
  );
  const first = tenancy.migrator.migrate({ concurrency: 1 });
  await eventually(async () => (await tenancy.database.query(ACTIVITY.runLock)).length > 0);
  await tenancy.database.query(`select pg_terminate_backend(pid) from (${ACTIVITY.runLock}) s`);
  const { connections, migrator } = over();
  const [one, other] = await Promise.all([first, migrator.migrate({ concurrency: 1 })]);
  expect([...one.failed, ...other.failed]).toEqual([]);
  expect(one.applied + other.applied).toBe(3);
  await connections.close();
});

it.each([
  [
    'the database is away',
    { connectionString: 'postgres://x@127.0.0.1:1/x' },
    'DATABASE_UNAVAILABLE',
  ],
  [
    'its login is wrong',
    { directConnectionString: 'postgres://x:y@127.0.0.1:1/x' },
    'DATABASE_UNAVAILABLE',
  ],
])('says by an error of its own that %s', async (_, options, code) => {
  const { connections, migrator } = over(options);
  await expect(migrator.migrate()).rejects.toMatchObject({ code });
  await connections.close();
});

it('says what to do where the control schema is of an older version', async () => {
  const registry = new TenantRegistry(tenancy.connections, {
    controlSchema: 'older',
    schemaPrefix: 'older_',
  });
  await registry.setup();
  await tenancy.database.query('drop table older.migration_run');
  const source = sqlMigrations(tenancy.connections, { directory: tenancy.directory });
  const migrator = new Migrator(tenancy.connections, registry, source);
  const outdated = {
    code: 'CONFIGURATION_INVALID',
    remedy: expect.stringContaining('registry.setup()') as string,
  };
  await expect(migrator.migrate()).rejects.toMatchObject(outdated);
  await registry.setup();
  await expect(migrator.migrate()).resolves.toMatchObject({ total: 0 });

  await tenancy.database.query('alter table older.migrations drop column accepted');
  await expect(migrator.migrate()).rejects.toMatchObject(outdated);
  await registry.setup();
  await expect(migrator.migrate()).resolves.toMatchObject({ total: 0 });
});

describe('with roles', () => {
  const roles = useRoleTenancy();

  it('is taken by the application’s login, which no tenant’s role may', async () => {
    const tenant = await roles.tenants.create({ slug: 'acme' });
    expect(await roles.migrator.migrate()).toMatchObject({ remaining: 0 });
    for (const text of [
      'lock table tenancy.migration_run in exclusive mode',
      'lock table tenancy.tenants in share update exclusive mode',
      'insert into tenancy.migrations values (gen_random_uuid())',
      'select from tenancy.migrations for update',
    ]) {
      const locks = roles.tenants.run(tenant.slug, async () => {
        const client = await roles.connections.pool.connect();
        try {
          await client.query('begin');
          await client.query(text);
        } finally {
          client.release(true);
        }
      });
      await expect(locks).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('says what to do where that login may not take it', async () => {
    await roles.database.query('revoke update on tenancy.migration_run from app');
    await expect(roles.migrator.migrate()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      remedy: expect.stringContaining('registry.setup()') as string,
    });
    await roles.registry.setup();
    await expect(roles.migrator.migrate()).resolves.toMatchObject({ remaining: 0 });
  });
});
