import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import {
  ConfigurationError,
  ConnectionManager,
  RegistryWatchLostError,
  runWithTenant,
  TenantNotActiveError,
  TenantNotFoundError,
  TenantRegistry,
  tryCurrentTenant,
  type TenantRegistryOptions,
} from '@mt/runtime';
import { TenantCache } from '../../src/lib/registry/tenant-cache.js';
import { eventually } from '../support/eventually.js';
import { startOwnServer, type OwnServer } from '../support/own-server.js';
import { startRelay, type Relay } from '../support/relay.js';
import { useTenancy } from '../support/tenancy.js';

/** Long enough that nothing in here is seen because its time was up. */
const MINUTE = 60_000;
/** "At once" takes milliseconds; this is for busy machines. */
const AT_ONCE = 2_000;

const tenancy = useTenancy();
const opened: TenantRegistry[] = [];
const lost = jest.fn<void, [RegistryWatchLostError | ConfigurationError]>();

function registryOver(
  connections: ConnectionManager,
  options: TenantRegistryOptions = {},
): TenantRegistry {
  const registry = new TenantRegistry(connections, {
    cacheTtlMs: MINUTE,
    onWatchLost: lost,
    ...options,
  });
  opened.push(registry);
  return registry;
}

/** A registry in place of another process's: it sees what is done here through the database only. */
const openRegistry = (options?: TenantRegistryOptions) =>
  registryOver(tenancy.connections, options);

async function watchingRegistry(options?: TenantRegistryOptions): Promise<TenantRegistry> {
  const registry = openRegistry(options);
  await registry.watch();
  return registry;
}

/** Has the listening connection, and no other, go another way. */
function listenOver(connectionString: () => string): ConnectionManager {
  const connections = new ConnectionManager({
    connectionString: tenancy.database.connectionString,
    connectionTimeoutMs: 1_000,
  });
  jest
    .spyOn(connections, 'separateClient')
    .mockImplementation(() => new pg.Client({ connectionString: connectionString() }));
  return connections;
}

const sql = (text: string, values?: unknown[]) => tenancy.database.query(text, values);

const setStatus = (slug: string, status: string) =>
  sql('update tenancy.tenants set status = $2 where slug = $1', [slug, status]);

const isRefused = (registry: TenantRegistry, slug: string) =>
  registry.getActive(slug).then(
    () => false,
    (error: unknown) => error instanceof TenantNotActiveError,
  );

const listeners = async () =>
  (
    await tenancy.database.query<{ pid: number }>(
      `select pid from pg_stat_activity
       where datname = current_database() and query ilike 'listen %'`,
    )
  ).map(({ pid }) => pid);

/** Whether new connections are let in; the ones that there are stay. */
const allowConnections = async (allowed: boolean) => {
  const url = new URL(tenancy.database.connectionString);
  const name = url.pathname.slice(1);
  // A database cannot be closed from inside.
  url.pathname = '/postgres';
  const client = new pg.Client({ connectionString: url.href });
  await client.connect();
  await client.query(`alter database ${name} allow_connections ${allowed}`);
  await client.end();
};

beforeAll(async () => {
  await tenancy.tenants.create({ slug: 'acme' });
});

beforeEach(async () => {
  lost.mockClear();
  await setStatus('acme', 'active');
  tenancy.registry.forget('acme');
});

afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all(opened.splice(0).map((registry) => registry.close()));
  expect(await listeners()).toEqual([]);
});

describe('in two processes', () => {
  const start = async (watches: 'watch' | 'no') => {
    const child = fork(join(__dirname, '../support/registry-process.cjs'), [
      tenancy.database.connectionString,
      watches,
    ]);
    await messageOf(child);
    return child;
  };

  const messageOf = async (child: ChildProcess): Promise<unknown> => {
    const died = once(child, 'exit').then(() => Promise.reject(new Error('The process ended.')));
    return ((await Promise.race([once(child, 'message'), died])) as unknown[])[0];
  };

  const request = (child: ChildProcess, slug: string) => {
    const answer = messageOf(child);
    child.send(slug);
    return answer;
  };

  const end = async (child: ChildProcess) => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };

  it('a tenant that one suspends is refused by the other at once, and without watch() is not', async () => {
    const [watching, deaf] = await Promise.all([start('watch'), start('no')]);
    try {
      for (const child of [watching, deaf]) expect(await request(child, 'acme')).toBe('served');

      const suspended = performance.now();
      await tenancy.tenants.suspend('acme');
      await eventually(
        async () => (await request(watching, 'acme')) === 'TENANT_NOT_ACTIVE',
        AT_ONCE,
      );
      expect(performance.now() - suspended).toBeLessThan(AT_ONCE);
      // The negative control: the harness sees stale answers where there are some.
      expect(await request(deaf, 'acme')).toBe('served');

      await tenancy.tenants.resume('acme');
      await eventually(async () => (await request(watching, 'acme')) === 'served', AT_ONCE);
    } finally {
      await Promise.all([end(watching), end(deaf)]);
    }
    await eventually(async () => (await listeners()).length === 0);
  });
});

describe('a change made in SQL', () => {
  let registry: TenantRegistry;

  beforeEach(async () => {
    // Before anybody listens: its own notification must not stand in for the one that is tested.
    await sql(
      `insert into tenancy.tenants (slug, schema_name, placement, status, name)
       values ('by-hand', 'by_hand', 'main', 'active', 'By hand') on conflict do nothing`,
    );
    registry = await watchingRegistry();
    await registry.getActive('by-hand');
  });

  it('is seen: a new name, by the old one and by the new one', async () => {
    expect(await registry.find('renamed')).toBeUndefined();
    await sql(`update tenancy.tenants set slug = 'renamed' where slug = 'by-hand'`);
    await eventually(async () => !(await registry.find('by-hand')), AT_ONCE);
    expect(await registry.getActive('renamed')).toMatchObject({ schema: 'by_hand' });
    await sql(`update tenancy.tenants set slug = 'by-hand' where slug = 'renamed'`);
  });

  it('is seen: a row that is deleted, and one that is inserted where there was none', async () => {
    await sql(`delete from tenancy.tenants where slug = 'by-hand'`);
    await eventually(async () => !(await registry.find('by-hand')), AT_ONCE);
    await sql(
      `insert into tenancy.tenants (slug, schema_name, placement, status, name)
       values ('by-hand', 'by_hand', 'main', 'active', 'By hand')`,
    );
    await eventually(() => registry.find('by-hand').then(Boolean), AT_ONCE);
  });

  it('is not seen before it is committed, nor when it is rolled back', async () => {
    const client = new pg.Client({ connectionString: tenancy.database.connectionString });
    await client.connect();
    const asked = jest.spyOn(tenancy.connections, 'unscopedQuery');
    await client.query('begin');
    await client.query(`update tenancy.tenants set status = 'suspended' where slug = 'by-hand'`);
    await client.query('rollback');
    await client.end();
    // Another's change, so that what came before it has arrived.
    await registry.find('acme');
    await setStatus('acme', 'suspended');
    await eventually(() => isRefused(registry, 'acme'), AT_ONCE);
    asked.mockClear();
    expect(await registry.getActive('by-hand')).toBeDefined();
    expect(asked).not.toHaveBeenCalled();
  });

  it('is seen where its notification would be too long', async () => {
    // No slug that this package writes, but the table takes it.
    const long = 'x'.repeat(100_000);
    await sql(`update tenancy.tenants set slug = $1, name = 'Long' where slug = 'by-hand'`, [long]);
    await eventually(async () => !(await registry.find('by-hand')), AT_ONCE);
    await sql(`update tenancy.tenants set slug = 'by-hand' where name = 'Long'`);
  });

  it('is seen: TRUNCATE, in another control schema that this one does not hear of', async () => {
    const controlSchema = `c${'o'.repeat(62)}`;
    const other = openRegistry({ controlSchema });
    await other.setup();
    await other.watch();
    expect(other.watching).toBe(true);
    await other.insert({ slug: 'acme' });
    await eventually(() => other.find('acme').then(Boolean), AT_ONCE);

    await registry.getActive('acme');
    const asked = jest.spyOn(tenancy.connections, 'unscopedQuery');
    await sql(`truncate ${controlSchema}.tenants cascade`);
    await eventually(async () => !(await other.find('acme')), AT_ONCE);
    asked.mockClear();
    await registry.getActive('acme');
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('a look-up that is under way when the change comes', () => {
  it('tells what is true after it, and does not put the old state back', async () => {
    const registry = await watchingRegistry();
    const forgotten = jest.spyOn(TenantCache.prototype, 'forget');
    const query = tenancy.connections.unscopedQuery.bind(tenancy.connections);
    let deliver = () => undefined as void;
    const held = new Promise<void>((resolve) => (deliver = resolve));
    jest
      .spyOn(tenancy.connections, 'unscopedQuery')
      .mockImplementationOnce(
        async <R extends pg.QueryResultRow>(text: string, values?: unknown[]) => {
          const answer = await query<R>(text, values);
          await held;
          return answer;
        },
      );

    const [first, second] = [registry.getActive('acme'), registry.getActive('acme')];
    await sleep(50);
    await setStatus('acme', 'suspended');
    await eventually(() => forgotten.mock.calls.some(([slug]) => slug === 'acme'), AT_ONCE);
    deliver();
    await expect(first).rejects.toThrow(TenantNotActiveError);
    await expect(second).rejects.toThrow(TenantNotActiveError);
    expect(await isRefused(registry, 'acme')).toBe(true);
  });
});

describe('a connection that is lost', () => {
  const terminate = async () => {
    const pids = await listeners();
    expect(pids).toHaveLength(1);
    await sql('select pg_terminate_backend($1)', pids);
  };

  afterEach(() => allowConnections(true));

  it('is replaced, and what was changed meanwhile is seen', async () => {
    const registry = await watchingRegistry();
    await registry.getActive('acme');
    await allowConnections(false);
    await terminate();
    await eventually(() => !registry.watching);
    expect(lost).toHaveBeenCalledTimes(1);
    expect(lost.mock.calls[0]?.[0]).toBeInstanceOf(RegistryWatchLostError);

    // Looked up again, and believed: nobody says that it was changed after that.
    await registry.getActive('acme');
    await setStatus('acme', 'suspended');
    await sleep(300);
    expect(await isRefused(registry, 'acme')).toBe(false);

    await allowConnections(true);
    await eventually(() => registry.watching);
    expect(await isRefused(registry, 'acme')).toBe(true);
    // Once for the outage, however often it was tried.
    expect(lost).toHaveBeenCalledTimes(1);

    await setStatus('acme', 'active');
    await eventually(async () => !(await isRefused(registry, 'acme')), AT_ONCE);
  });

  it('takes with it what was believed, which nobody keeps up to date any more', async () => {
    const registry = await watchingRegistry();
    await registry.getActive('acme');
    await allowConnections(false);
    await sql('alter table tenancy.tenants disable trigger notify_changes');
    await setStatus('acme', 'suspended');
    await sql('alter table tenancy.tenants enable trigger notify_changes');
    expect(await isRefused(registry, 'acme')).toBe(false);
    await terminate();
    await eventually(() => !registry.watching);
    expect(await isRefused(registry, 'acme')).toBe(true);
  });

  it('is told of as often as it is lost', async () => {
    const registry = await watchingRegistry();
    for (let times = 1; times <= 3; times++) {
      await terminate();
      await eventually(() => lost.mock.calls.length === times);
      await eventually(() => registry.watching);
    }
  });
});

describe('a connection that goes silent', () => {
  let relay: Relay;
  let connections: ConnectionManager;

  beforeEach(async () => {
    relay = await startRelay(tenancy.database.connectionString);
    connections = listenOver(() => relay.connectionString);
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
    await connections.close();
    await relay.close();
    await eventually(async () => (await listeners()).length === 0);
  });

  it('is noticed, and replaced', async () => {
    const registry = registryOver(connections, { watchHeartbeatMs: 50, watchTimeoutMs: 1_000 });
    await registry.watch();
    await registry.getActive('acme');
    await sleep(300);
    expect(registry.watching).toBe(true);
    expect(lost).not.toHaveBeenCalled();

    relay.freeze();
    await setStatus('acme', 'suspended');
    await eventually(() => lost.mock.calls.length === 1);
    expect(lost.mock.calls[0]?.[0].message).toContain('did not answer within 1000 ms');
    await eventually(() => registry.watching);
    expect(await isRefused(registry, 'acme')).toBe(true);
  });

  it('does not keep watch() or close() waiting', async () => {
    relay.blackhole(true);
    const registry = registryOver(connections, { watchTimeoutMs: 100 });
    await registry.watch();
    expect(registry.watching).toBe(false);
    expect(lost).toHaveBeenCalledTimes(1);
    await registry.close();

    relay.blackhole(false);
    const other = registryOver(connections, { watchTimeoutMs: 1_000 });
    await other.watch();
    expect(other.watching).toBe(true);
    relay.freeze();
    await other.close();
  });

  it('is taken up when the server can be reached', async () => {
    relay.blackhole(true);
    const registry = registryOver(connections, { watchTimeoutMs: 500 });
    await registry.watch();
    await registry.getActive('acme');
    relay.blackhole(false);
    await eventually(() => registry.watching);
    await setStatus('acme', 'suspended');
    await eventually(() => isRefused(registry, 'acme'), AT_ONCE);
  });
});

describe('behind a pooler that lets LISTEN pass and no notification', () => {
  it('watch() says so in time, and the application starts', async () => {
    const relay = await startRelay(tenancy.database.connectionString, { idleNotifications: false });
    const connections = listenOver(() => relay.connectionString);
    const registry = registryOver(connections, { watchTimeoutMs: 1_000 });
    await registry.watch();
    expect(registry.watching).toBe(false);
    expect(lost).toHaveBeenCalledTimes(1);
    const error = lost.mock.calls[0]?.[0];
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error?.remedy).toContain('pooler');
    expect(await registry.getActive('acme')).toBeDefined();
    await registry.close();
    await connections.close();
    await relay.close();
    await eventually(async () => (await listeners()).length === 0);
  });

  it('a check on the listening connection itself would not have found out', async () => {
    const relay = await startRelay(tenancy.database.connectionString, { idleNotifications: false });
    const client = new pg.Client({ connectionString: relay.connectionString });
    await client.connect();
    const heard: (string | undefined)[] = [];
    client.on('notification', ({ payload }) => heard.push(payload));
    await client.query('listen here');
    await client.query(`select pg_notify('here', 'own')`);
    await sql(`select pg_notify('here', 'of another')`);
    await sleep(100);
    await client.query('unlisten here');
    expect(heard).toEqual(['own']);
    await client.end();
    await relay.close();
  });
});

describe('a server that is restarted', () => {
  let server: OwnServer;
  let connections: ConnectionManager;

  beforeEach(async () => {
    server = await startOwnServer();
    connections = new ConnectionManager({ connectionString: server.connectionString });
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((registry) => registry.close()));
    await connections.close();
    await server.stop();
  });

  it('is listened to again', async () => {
    const registry = registryOver(connections);
    await registry.setup();
    await registry.watch();
    await registry.insert({ slug: 'acme' });
    expect(await registry.find('acme')).toMatchObject({ status: 'provisioning' });

    await server.restart();
    const client = new pg.Client({ connectionString: server.connectionString });
    await client.connect();
    await client.query(`update tenancy.tenants set status = 'suspended'`);
    await eventually(() => registry.watching);
    expect(await registry.find('acme')).toMatchObject({ status: 'suspended' });

    await client.query(`update tenancy.tenants set status = 'active'`);
    await eventually(async () => !(await isRefused(registry, 'acme')), AT_ONCE);
    await client.end();
  });
});

describe('setup()', () => {
  const controlSchema = 'older';

  it('adds the notifications to a control schema from before there were any', async () => {
    const registry = openRegistry({ controlSchema });
    await registry.setup();
    await sql(`drop function ${controlSchema}.notify_tenant_changes cascade`);
    await registry.insert({ slug: 'acme' });
    await registry.watch();
    expect(registry.watching).toBe(false);
    expect(lost.mock.calls[0]?.[0]).toMatchObject({
      code: 'CONFIGURATION_INVALID',
      remedy: expect.stringContaining('registry.setup()') as string,
    });

    await Promise.all([1, 2, 3].map(() => openRegistry({ controlSchema }).setup()));
    await eventually(() => registry.watching);
    expect(await registry.find('acme')).toMatchObject({ status: 'provisioning' });
    await sql(`update ${controlSchema}.tenants set status = 'active'`);
    await eventually(async () => !(await isRefused(registry, 'acme')), AT_ONCE);
    const triggers = await sql(
      `select tgname from pg_trigger where tgrelid = '${controlSchema}.tenants'::regclass and not tgisinternal`,
    );
    expect(triggers).toHaveLength(2);
  });

  it('pins the search path of the function', async () => {
    expect(
      await sql(
        `select proconfig from pg_proc
         where pronamespace = 'tenancy'::regnamespace and proname = 'notify_tenant_changes'`,
      ),
    ).toEqual([{ proconfig: ['search_path=pg_catalog, pg_temp'] }]);
  });
});

it('needs no privilege but to read the registry', async () => {
  await sql(`create role reader login password 'reader'`);
  await sql('grant usage on schema tenancy to reader');
  await sql('grant select on tenancy.tenants to reader');
  const url = new URL(tenancy.database.connectionString);
  [url.username, url.password] = ['reader', 'reader'];
  const connections = new ConnectionManager({ connectionString: url.href });
  const registry = registryOver(connections);
  await registry.watch();
  expect(registry.watching).toBe(true);
  await registry.getActive('acme');
  await setStatus('acme', 'suspended');
  await eventually(() => isRefused(registry, 'acme'), AT_ONCE);
  await registry.close();
  await connections.close();
  await sql('drop owned by reader');
  await sql('drop role reader');
});

describe('close()', () => {
  it('may be called before, while and after watching starts, and as often as wanted', async () => {
    await openRegistry().close();

    const starting = openRegistry();
    const started = starting.watch();
    await Promise.all([starting.close(), starting.close(), started]);
    await starting.close();
    expect(starting.watching).toBe(false);

    for (const milliseconds of [0, 1, 2, 4, 8, 16, 32]) {
      const registry = openRegistry();
      const watched = registry.watch();
      await sleep(milliseconds);
      await registry.close();
      await watched;
      expect(registry.watching).toBe(false);
    }
    await eventually(async () => (await listeners()).length === 0, AT_ONCE);
    expect(lost).not.toHaveBeenCalled();
  });

  it('waits until the connection is closed, and says nothing of a loss', async () => {
    const registry = await watchingRegistry();
    expect(registry.watching).toBe(true);
    expect(await listeners()).toHaveLength(1);
    await registry.close();
    expect(await listeners()).toEqual([]);
    expect(lost).not.toHaveBeenCalled();
  });

  it('leaves a registry that looks up, and believes nothing from when it was kept up to date', async () => {
    const registry = await watchingRegistry();
    await registry.getActive('acme');
    await registry.close();
    await setStatus('acme', 'suspended');
    expect(await isRefused(registry, 'acme')).toBe(true);
  });

  it('is for good', async () => {
    const registry = openRegistry();
    await registry.close();
    await expect(registry.watch()).rejects.toThrow(ConfigurationError);
  });

  it('ends trying where nothing can be reached, and does not wait for the next time', async () => {
    const connections = listenOver(() => 'postgres://nobody@127.0.0.1:1/nothing');
    const registry = registryOver(connections);
    await registry.watch();
    expect(lost).toHaveBeenCalledTimes(1);
    const tried = jest.spyOn(connections, 'separateClient');
    // The pause after the seventh is at least 2.5 s.
    await eventually(() => tried.mock.calls.length >= 7, 30_000);
    await sleep(100);
    const closing = performance.now();
    await registry.close();
    expect(performance.now() - closing).toBeLessThan(1_500);
    expect(tried).toHaveBeenCalledTimes(7);
    expect(lost).toHaveBeenCalledTimes(1);
    await connections.close();
  });
});

describe('watch()', () => {
  it('uses one connection, however often it is called', async () => {
    const registry = openRegistry();
    await Promise.all([registry.watch(), registry.watch()]);
    await registry.watch();
    expect(await listeners()).toHaveLength(1);
  });

  it('is not disturbed by a listener that throws, nor by notifications that nobody understands', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const registry = await watchingRegistry({
      onWatchLost() {
        throw new Error('listener');
      },
    });
    for (const payload of ['', '{', '[]', '{"check":1}', '{"check":"other"}']) {
      await sql(`select pg_notify('tenancy.tenants', $1)`, [payload]);
    }
    await sql('select pg_terminate_backend($1)', await listeners());
    await eventually(() => warned.mock.calls.length === 1);
    await eventually(() => registry.watching);
  });

  it('warns where nobody asked to be told', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const registry = await watchingRegistry({ onWatchLost: undefined });
    await sql('select pg_terminate_backend($1)', await listeners());
    await eventually(() => warned.mock.calls.length === 1);
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('not seen at once'),
      expect.objectContaining({ type: 'RegistryWatchLostError', code: 'REGISTRY_WATCH_LOST' }),
    );
    await eventually(() => registry.watching);
  });

  it('runs as nobody, also where a tenant calls it', async () => {
    const acme = await tenancy.registry.getActive('acme');
    const seen: unknown[] = [];
    const registry = openRegistry({ onWatchLost: () => seen.push(tryCurrentTenant()) });
    await runWithTenant(acme, () => registry.watch());
    await sql('select pg_terminate_backend($1)', await listeners());
    await eventually(() => seen.length === 1);
    expect(seen).toEqual([undefined]);
    await eventually(() => registry.watching);
  });

  it('does not keep a process alive', () => {
    const script = `
      const { ConnectionManager, TenantRegistry } = require(${JSON.stringify(join(__dirname, '../../src/dist/cjs/index.js'))});
      const connections = new ConnectionManager({ connectionString: process.argv[1] });
      const registry = new TenantRegistry(connections);
      registry.watch().then(() => connections.close()).then(() => console.log(registry.watching));`;
    const { stdout, status } = spawnSync(
      process.execPath,
      ['-e', script, tenancy.database.connectionString],
      { encoding: 'utf8', timeout: 20_000 },
    );
    expect({ stdout, status }).toEqual({ stdout: 'true\n', status: 0 });
  });

  it.each([0, -1, NaN, 2 ** 31])('refuses %d for its times', (milliseconds) => {
    for (const option of ['watchHeartbeatMs', 'watchTimeoutMs']) {
      expect(() => openRegistry({ [option]: milliseconds })).toThrow(ConfigurationError);
    }
  });
});

it('asks again for a tenant that was not there, when it was created elsewhere', async () => {
  const registry = await watchingRegistry();
  await expect(registry.getActive('late')).rejects.toThrow(TenantNotFoundError);
  await tenancy.tenants.create({ slug: 'late' });
  await eventually(
    () =>
      registry.getActive('late').then(
        () => true,
        () => false,
      ),
    AT_ONCE,
  );
});
