import pg from 'pg';
import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { CLIENTS, fillItems, hammer, misplacedRows, STEPS } from '../support/hammer.js';
import { openStore, openStoreOver, ORMS } from '../support/orms.js';
import { describeWithPgBouncer, usePgBouncer } from '../support/pgbouncer.js';
import { useTenancy } from '../support/tenancy.js';
import { TwoConnectionsPool } from '../support/unsafe-pools.mjs';

// What isolation.spec.ts shows of a direct connection, here behind a pooler.
const tenancy = useTenancy({ max: 5 });
let acme: Tenant;
let globex: Tenant;
let tenants: Tenant[];

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
  tenants = [acme, globex];
});

beforeEach(() => fillItems(tenancy.database, tenants));

const ONE_FOR_ALL = { poolMode: 'transaction', serverConnections: 1 } as const;
const ONE_EACH = { poolMode: 'session', serverConnections: 20 } as const;

describeWithPgBouncer.each([ONE_FOR_ALL, ONE_EACH])(
  'behind PgBouncer in $poolMode mode, server connections: $serverConnections',
  ({ poolMode, serverConnections }) => {
    const bouncer = usePgBouncer(tenancy.database, { poolMode, serverConnections });
    let connections: ConnectionManager;

    beforeAll(() => {
      connections = new ConnectionManager({ connectionString: bouncer.connectionString, max: 10 });
    });
    afterAll(() => connections.close());

    it.each(ORMS)('two tenants see their own rows and no others, through %s', async (orm) => {
      const store = await openStore(orm, connections);
      const { reads, leaks } = await hammer(store, tenants);
      await store.close();

      expect(leaks).toBe(0);
      expect(await misplacedRows(tenancy.database, tenants)).toBe(0);
      expect(reads).toBeGreaterThan(CLIENTS * STEPS);
      expect(connections.getActiveCount()).toBe(0);
      // The clients did share the connections to the server, or nothing was tried.
      expect(connections.getTotalCount()).toBe(10);
      const servers = await bouncer.admin('show servers');
      expect(servers.length).toBeLessThanOrEqual(serverConnections);
    });

    it('the limit of one tenant’s statements is not that of another', async () => {
      const limited = new ConnectionManager({
        connectionString: bouncer.connectionString,
        limitsOf: ({ slug }) => (slug === 'acme' ? { statementTimeoutMs: 60 } : {}),
      });
      const sleep = (tenant: Tenant, seconds: number) =>
        runWithTenant(tenant, () => limited.pool.query('select pg_sleep($1)', [seconds]));

      await expect(sleep(acme, 5)).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
      await expect(sleep(globex, 0.15)).resolves.toBeDefined();
      await limited.close();
    });
  },
);

describeWithPgBouncer('the one server connection of a transaction pool', () => {
  const bouncer = usePgBouncer(tenancy.database, ONE_FOR_ALL);

  it.each(ORMS)('may carry another tenant’s search path, and %s leaves none', async (orm) => {
    const connections = new ConnectionManager({
      connectionString: bouncer.connectionString,
      max: 10,
    });
    const other = new pg.Client(bouncer.connectionString);
    await other.connect();
    await other.query(`set search_path to ${globex.schema}`);

    const store = await openStore(orm, connections);
    const { leaks } = await hammer(store, tenants);
    const { rows } = await other.query('show search_path');
    await store.close();
    await other.end();
    await connections.close();

    expect(leaks).toBe(0);
    expect(await misplacedRows(tenancy.database, tenants)).toBe(0);
    expect(rows).toEqual([{ search_path: globex.schema }]);
  });
});

describeWithPgBouncer('the harness behind PgBouncer in transaction mode', () => {
  const bouncer = usePgBouncer(tenancy.database, ONE_FOR_ALL);

  it.each(ORMS)('finds the leaks of an unsafe pool, through %s', async (orm) => {
    const pool = new TwoConnectionsPool(bouncer.connectionString);
    const store = await openStoreOver(orm, pool as unknown as pg.Pool);
    const { leaks } = await hammer(store, tenants);
    const misplaced = await misplacedRows(tenancy.database, tenants);
    await store.close();
    if (orm === 'drizzle') await pool.end();

    expect(leaks).toBeGreaterThan(0);
    expect(misplaced).toBeGreaterThan(0);
  });
});

describeWithPgBouncer('SET search_path, then a query on the same client', () => {
  const session = usePgBouncer(tenancy.database, ONE_EACH);
  const transaction = usePgBouncer(tenancy.database, ONE_FOR_ALL);

  it('keeps tenants apart on connections of their own', async () => {
    expect(await setThenQuery(tenancy.database.connectionString)).toBe(0);
    expect(await setThenQuery(session.connectionString)).toBe(0);
  });

  it('mixes them up behind PgBouncer in transaction mode: this is a pooler that would', async () => {
    expect(await setThenQuery(transaction.connectionString)).toBeGreaterThan(0);
  });
});

/** Ten clients, each of one tenant and without a pool of ours. Returns how many rows were another's. */
async function setThenQuery(connectionString: string): Promise<number> {
  const run = async (number: number) => {
    const tenant = tenants[number % tenants.length] as Tenant;
    const client = new pg.Client(connectionString);
    await client.connect();
    let leaks = 0;
    for (let step = 0; step < STEPS; step++) {
      await client.query(`set search_path to ${tenant.schema}`);
      const { rows } = await client.query<{ owner: string }>('select owner from items');
      leaks += rows.filter(({ owner }) => owner !== tenant.slug).length;
    }
    await client.end();
    return leaks;
  };
  const leaks = await Promise.all(Array.from({ length: 10 }, (_, number) => run(number)));
  return leaks.reduce((sum, count) => sum + count, 0);
}
