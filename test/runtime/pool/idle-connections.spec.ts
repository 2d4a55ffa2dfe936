import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  onDiagnostics,
  runWithTenant,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import { eventually } from '../../support/eventually.js';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });
const tenants: Tenant[] = [];

beforeAll(async () => {
  for (let number = 0; number < 12; number++) {
    tenants.push(await tenancy.tenants.create({ slug: `tenant-${number}` }));
  }
});

const opened: ConnectionManager[] = [];
afterEach(() => Promise.all(opened.splice(0).map((connections) => connections.close())));

function open(options: Partial<ConnectionManagerOptions> = {}): ConnectionManager {
  const { connectionString } = tenancy.database;
  const connections = new ConnectionManager({ connectionString, max: 4, ...options });
  opened.push(connections);
  return connections;
}

/** The server's process that served a statement of the tenant. */
async function backend(connections: ConnectionManager, tenant: Tenant): Promise<number> {
  const { rows } = await runWithTenant(tenant, () =>
    connections.pool.query<{ pid: number }>('select pg_backend_pid() as pid'),
  );
  return rows[0]?.pid ?? 0;
}

/** Opens all connections. */
async function warmUp(connections: ConnectionManager): Promise<void> {
  const sleeps = tenants
    .slice(0, 4)
    .map((tenant) => runWithTenant(tenant, () => connections.pool.query('select pg_sleep(0.05)')));
  await Promise.all(sleeps);
  expect(connections.getTotalCount()).toBe(4);
}

describe('a tenant', () => {
  it('keeps to one connection where several are free, and tenants spread over all of them', async () => {
    const connections = open();
    await warmUp(connections);
    const backends = new Set<number>();
    for (const tenant of tenants) {
      const own = new Set<number>();
      for (let i = 0; i < 3; i++) own.add(await backend(connections, tenant));
      expect(own.size).toBe(1);
      for (const pid of own) backends.add(pid);
    }
    expect(backends.size).toBeGreaterThan(2);
  });

  it('mostly does so when there are more statements than connections', async () => {
    const connections = open();
    await warmUp(connections);
    const favourites = new Map<Tenant, number>();
    for (const tenant of tenants) favourites.set(tenant, await backend(connections, tenant));

    let kept = 0;
    const client = async (number: number) => {
      for (let i = 0; i < 50; i++) {
        const tenant = tenants[(number * 7 + i) % tenants.length] as Tenant;
        if ((await backend(connections, tenant)) === favourites.get(tenant)) kept++;
      }
    };
    await Promise.all(Array.from({ length: 12 }, (_, number) => client(number)));
    // One in four would be chance.
    expect(kept).toBeGreaterThan(300);
  });

  it('gets another connection where its own is busy', async () => {
    const connections = open();
    await warmUp(connections);
    const tenant = tenants[0] as Tenant;
    const client = await runWithTenant(tenant, () => connections.pool.connect());
    const held = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    expect(await backend(connections, tenant)).not.toBe(held.rows[0]?.pid);
    client.release();
    expect(await backend(connections, tenant)).toBe(held.rows[0]?.pid);
  });
});

describe('a connection that nobody uses', () => {
  it('counts as idle from the moment it is released', async () => {
    const connections = open();
    await warmUp(connections);
    expect(connections.stats()).toMatchObject({ active: 0, idle: 4, total: 4, waiting: 0 });
    expect(connections.pool).toMatchObject({ idleCount: 4, totalCount: 4, waitingCount: 0 });
  });

  it('is told of when it is lost, and replaced', async () => {
    const connections = open();
    await warmUp(connections);
    const lost: unknown[] = [];
    const stop = onDiagnostics('lost-connection', (event) => lost.push(event));
    const tenant = tenants[0] as Tenant;
    const pid = await backend(connections, tenant);
    await tenancy.database.query('select pg_terminate_backend($1)', [pid]);
    await eventually(() => lost.length > 0);
    expect(lost).toMatchObject([{ placement: 'main' }]);
    expect(connections.getTotalCount()).toBe(3);
    expect(await backend(connections, tenant)).not.toBe(pid);
    stop();
  });

  it('is closed after the pool’s idle time', async () => {
    const connections = open({ pool: { idleTimeoutMillis: 100 } });
    await warmUp(connections);
    await eventually(() => connections.getTotalCount() === 0);
  });

  it('is closed when it is as old as the pool allows, and counted', async () => {
    const connections = open({ pool: { maxLifetimeSeconds: 1, min: 4 } });
    await warmUp(connections);
    expect(connections.pool.expiredCount).toBe(0);
    await eventually(() => connections.getTotalCount() === 0);
    expect(connections.pool.expiredCount).toBe(4);
    await backend(connections, tenants[0] as Tenant);
    expect(connections.getTotalCount()).toBe(1);
  });

  it('is closed with the others', async () => {
    const connections = open();
    await warmUp(connections);
    await connections.close();
    expect(connections.getTotalCount()).toBe(0);
  });
});

describe('a connection that is never left alone', () => {
  const pids = async (connections: ConnectionManager, statements: number) => {
    const seen = new Set<number>();
    for (let i = 0; i < statements; i++) seen.add(await backend(connections, tenants[0] as Tenant));
    return seen.size;
  };

  it('is closed after as many uses as the pool allows', async () => {
    expect(await pids(open({ max: 1, pool: { maxUses: 5 } }), 20)).toBe(4);
  });

  it('is closed when it is as old as the pool allows', async () => {
    const connections = open({ max: 1, pool: { maxLifetimeSeconds: 1 } });
    const first = await backend(connections, tenants[0] as Tenant);
    const end = Date.now() + 3_000;
    let last = first;
    while (last === first && Date.now() < end) {
      last = await backend(connections, tenants[0] as Tenant);
      await delay(5);
    }
    expect(last).not.toBe(first);
  });
});
