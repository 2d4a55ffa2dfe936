import type pg from 'pg';
import type { Tenant } from '@mt/runtime';
import { CLIENTS, fillItems, hammer, misplacedRows, STEPS } from '../support/hammer.js';
import { openStore, openStoreOver, ORMS } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';
import { TwoConnectionsPool } from '../support/unsafe-pools.mjs';

const tenancy = useTenancy({ max: 5 });
/** More than there are connections, which therefore serve several of them. */
const SLUGS = ['acme', 'globex', 'initech', 'umbrella', 'hooli', 'stark', 'wayne', 'wonka'];
const tenants: Tenant[] = [];

beforeAll(async () => {
  for (const slug of SLUGS) tenants.push(await tenancy.tenants.create({ slug }));
});

beforeEach(() => fillItems(tenancy.database, tenants));

describe.each(ORMS)('tenants with equal ids, through %s', (orm) => {
  it('see their own rows and no others', async () => {
    const store = await openStore(orm, tenancy.connections);
    const { reads, leaks } = await hammer(store, tenants);
    await store.close();

    expect(leaks).toBe(0);
    expect(await misplacedRows(tenancy.database, tenants)).toBe(0);
    expect(reads).toBeGreaterThan(CLIENTS * STEPS);
    expect(tenancy.connections.getTotalCount()).toBeLessThanOrEqual(5);
    expect(tenancy.connections.getActiveCount()).toBe(0);
  });

  it('are mixed up by an unsafe pool: the harness finds leaks where there are some', async () => {
    const pool = new TwoConnectionsPool(tenancy.database.connectionString);
    const store = await openStoreOver(orm, pool as unknown as pg.Pool);
    const { leaks } = await hammer(store, tenants);
    const misplaced = await misplacedRows(tenancy.database, tenants);
    await store.close();
    if (orm === 'drizzle') await pool.end();

    expect(leaks).toBeGreaterThan(0);
    expect(misplaced).toBeGreaterThan(0);
  });
});
