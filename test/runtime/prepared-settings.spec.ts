import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

// One connection, so that every statement meets what the one before has left.
const tenancy = useTenancy({ max: 1 });
let tenants: Tenant[];

beforeAll(async () => {
  tenants = [];
  for (let n = 0; n < 20; n++) {
    const tenant = await tenancy.tenants.create({ slug: `t${n}` });
    await tenancy.database.query(`insert into ${tenant.schema}.items (owner) values ($1)`, [
      tenant.slug,
    ]);
    tenants.push(tenant);
  }
});

async function owners(): Promise<unknown[]> {
  const seen: unknown[] = [];
  for (const tenant of tenants) {
    const { rows } = await runWithTenant(tenant, () =>
      tenancy.connections.pool.query('select owner from items'),
    );
    seen.push(rows[0]?.['owner']);
  }
  return seen;
}

const preparedNames = async () =>
  (await tenancy.connections.unscopedQuery('select name from pg_prepared_statements')).rows;

it('are one prepared statement on a connection, whatever the number of tenants', async () => {
  expect(await owners()).toEqual(tenants.map(({ slug }) => slug));
  expect(await preparedNames()).toEqual([{ name: 'mt1_search_path' }]);
});

it('are sent unprepared from the moment on at which the server does not know them', async () => {
  await owners();
  const connection = await tenancy.connections.checkoutAdmin();
  await connection.client.query('deallocate all');
  connection.release();
  expect(await owners()).toEqual(tenants.map(({ slug }) => slug));
  expect(await preparedNames()).toEqual([]);
});

it('stay prepared where those of one tenant are refused by the server', async () => {
  const { connectionString } = tenancy.database;
  const connections = new ConnectionManager({ connectionString, max: 1, isolation: 'role' });
  const [tenant] = tenants as [Tenant];
  const broken = { ...tenant, role: 'nobody_is_called_so' };
  const sound = { ...tenant, role: new URL(connectionString).username };
  const prepared = () =>
    connections.pool.query(
      'select name, (generic_plans + custom_plans)::int as runs from pg_prepared_statements',
    );

  await expect(runWithTenant(broken, prepared)).rejects.toThrow(/nobody_is_called_so/);
  await runWithTenant(sound, prepared);
  const { rows } = await runWithTenant(sound, prepared);
  expect(rows).toEqual([{ name: 'mt1_search_path_role', runs: 2 }]);
  await connections.close();
});
