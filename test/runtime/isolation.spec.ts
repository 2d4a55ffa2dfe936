import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { runWithTenant, type Tenant } from '@mt/runtime';
import { openStore, openStoreOver, ORMS, type ItemStore } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';
import { UnsafePool } from '../support/unsafe-pool.js';

const tenancy = useTenancy({ max: 5 });
const CLIENTS = 50;
const STEPS = 20;
let tenants: Tenant[];

beforeAll(async () => {
  tenants = [
    await tenancy.tenants.create({ slug: 'acme' }),
    await tenancy.tenants.create({ slug: 'globex' }),
  ];
});

beforeEach(async () => {
  for (const { schema, slug } of tenants) {
    await tenancy.database.query(`truncate ${schema}.items restart identity`);
    await tenancy.database.query(
      `insert into ${schema}.items (owner) select $1 from generate_series(1, 5)`,
      [slug],
    );
  }
});

interface Outcome {
  reads: number;
  /** Rows that somebody read and that are another's. */
  leaks: number;
}

/** Fifty clients of two tenants with equal ids, all at once, each step of another kind. */
async function hammer(store: ItemStore): Promise<Outcome> {
  const outcome: Outcome = { reads: 0, leaks: 0 };
  const client = async (number: number) => {
    const tenant = tenants[number % tenants.length] as Tenant;
    const check = (rows: readonly { owner: string }[]) => {
      outcome.reads += rows.length;
      outcome.leaks += rows.filter(({ owner }) => owner !== tenant.slug).length;
    };
    await runWithTenant(tenant, async () => {
      for (let step = 0; step < STEPS; step++) {
        const kind = (number + step) % 5;
        if (kind === 0) check(await store.all());
        if (kind === 1) check([(await store.find((step % 5) + 1)) ?? { owner: 'nobody' }]);
        if (kind === 2) check(await store.raw());
        if (kind === 3) check(await store.transaction(tenant.slug));
        if (kind === 4) await store.insert(tenant.slug);
        if (step % 7 === 0) await delay(1);
      }
    });
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return outcome;
}

/** Rows that lie in a schema they do not belong to, and rows of savepoints that were rolled back. */
async function misplacedRows(): Promise<number> {
  const counts = await Promise.all(
    tenants.map(({ schema, slug }) =>
      tenancy.database.query<{ count: number }>(
        `select count(*)::int as count from ${schema}.items where owner <> $1 or note = 'undone'`,
        [slug],
      ),
    ),
  );
  return counts.flat().reduce((sum, { count }) => sum + count, 0);
}

describe.each(ORMS)('two tenants with equal ids, through %s', (orm) => {
  it('see their own rows and no others', async () => {
    const store = await openStore(orm, tenancy.connections);
    const { reads, leaks } = await hammer(store);
    await store.close();

    expect(leaks).toBe(0);
    expect(await misplacedRows()).toBe(0);
    expect(reads).toBeGreaterThan(CLIENTS * STEPS);
    expect(tenancy.connections.getTotalCount()).toBeLessThanOrEqual(5);
    expect(tenancy.connections.getActiveCount()).toBe(0);
  });

  it('are mixed up by an unsafe pool: the harness finds leaks where there are some', async () => {
    const pool = new UnsafePool(tenancy.database.connectionString);
    const store = await openStoreOver(orm, pool as unknown as pg.Pool);
    const { leaks } = await hammer(store);
    const misplaced = await misplacedRows();
    await store.close();
    if (orm === 'drizzle') await pool.end();

    expect(leaks).toBeGreaterThan(0);
    expect(misplaced).toBeGreaterThan(0);
  });
});
