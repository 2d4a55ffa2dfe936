import { runWithTenant, type Tenant } from '@mt/runtime';
import { openStore, ORMS } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';

const TENANTS = 1_000;
const POOL_SIZE = 5;
const tenancy = useTenancy({ max: POOL_SIZE, applicationName: 'many-tenants' });
let tenants: Tenant[];

beforeAll(async () => {
  tenants = [];
  for (let n = 0; n < TENANTS; n++) {
    const tenant = await tenancy.tenants.create({ slug: `tenant-${n}` });
    await runWithTenant(tenant, () =>
      tenancy.connections.pool.query('insert into "$tenant".items (owner) values ($1)', [
        tenant.slug,
      ]),
    );
    tenants.push(tenant);
  }
}, 300_000);

it.each(ORMS)('serves 1,000 tenants at once over a pool of 5, with %s', async (orm) => {
  const store = await openStore(orm, tenancy.connections);
  const owners = await Promise.all(
    tenants.map((tenant) => runWithTenant(tenant, async () => (await store.all())[0]?.owner)),
  );
  await store.close();

  expect(owners).toEqual(tenants.map(({ slug }) => slug));
  expect(tenancy.connections.getTotalCount()).toBeLessThanOrEqual(POOL_SIZE);
  const [open] = await tenancy.database.query<{ count: number }>(
    `select count(*)::int as count from pg_stat_activity where application_name = 'many-tenants'`,
  );
  expect(open?.count).toBeLessThanOrEqual(POOL_SIZE);
});

it('knows in one question that nobody lacks a migration', async () => {
  expect(await tenancy.migrator.status()).toEqual([]);
  expect(await tenancy.migrator.migrate()).toMatchObject({
    total: 0,
    migrated: 0,
    applied: 0,
    failed: [],
    remaining: 0,
  });
});

it('migrates them all', async () => {
  await tenancy.migration('0001_color', 'alter table "$tenant".items add column color text');
  const progress: number[] = [];
  const report = await tenancy.migrator.migrate({ onProgress: ({ done }) => progress.push(done) });

  expect(report).toMatchObject({
    total: TENANTS,
    migrated: TENANTS,
    applied: TENANTS,
    failed: [],
    remaining: 0,
  });
  expect(progress).toEqual(Array.from({ length: TENANTS }, (_, index) => index + 1));
});
