import {
  ConnectionManager,
  isRetryable,
  runWithTenant,
  TenantRegistry,
  type Tenant,
} from '@mt/runtime';
import { openStore, ORMS } from '../support/orms.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy } from '../support/tenancy.js';

// Statements are prepared on the connections of applications that serve while tenants are migrated.
describe.each([
  ['schema', () => useTenancy({ max: 4 })],
  ['role', () => useRoleTenancy({ max: 4 })],
])('under %s isolation', (isolation, use) => {
  const tenancy = use();
  const tenants: Tenant[] = [];

  beforeAll(async () => {
    for (const slug of ['acme', 'globex', 'initech', 'umbrella']) {
      tenants.push(await tenancy.tenants.create({ slug }));
    }
  });

  const everybody = <T>(work: (tenant: Tenant) => Promise<T>): Promise<T[]> =>
    Promise.all(tenants.map((tenant) => runWithTenant(tenant, () => work(tenant))));

  it('nobody hears of migrations, but for transactions that may be begun again', async () => {
    const { connections, migrator } = tenancy;
    const stores = await Promise.all(ORMS.map((orm) => openStore(orm, connections)));
    const failures: unknown[] = [];
    let served = 0;
    const over = new AbortController();
    const text = 'select * from "$tenant".items where id > $1 order by id';
    const workers = Array.from({ length: 6 }, async (_, index) => {
      while (!over.signal.aborted) {
        await everybody(async (tenant) => {
          const store = stores[index % 2];
          const { rows } = await connections.pool.query<{ owner: string }>(text, [0]);
          const all = (await store?.all()) ?? [];
          const others = [...rows, ...all].filter(({ owner }) => owner !== tenant.slug);
          if (others.length > 0) failures.push(others);
          await store?.transaction(tenant.slug).catch((error: unknown) => {
            if (!isRetryable(error)) failures.push(error);
          });
          served++;
        }).catch((error: unknown) => failures.push(error));
      }
    });
    for (let step = 1; step <= 6; step++) {
      const change = step % 2 === 1 ? 'add column extra text' : 'drop column extra';
      await tenancy.migration(`000${step}_extra`, `alter table "$tenant".items ${change};`);
      const report = await migrator.migrate();
      expect(report).toMatchObject({ migrated: tenants.length, failed: [] });
      await new Promise((resolve) => setTimeout(resolve, 150));
    }
    over.abort();
    await Promise.all(workers);
    await Promise.all(stores.map((store) => store.close()));

    expect(failures).toEqual([]);
    expect(served).toBeGreaterThan(50);
  });

  it('a process that watches forgets what was prepared for a tenant that another one migrates', async () => {
    const [acme, globex] = tenants as [Tenant, Tenant];
    const { connectionString } =
      'logins' in tenancy ? (tenancy.logins as { connectionString: string }) : tenancy.database;
    const other = new ConnectionManager({
      connectionString,
      max: 1,
      isolation: isolation as 'schema' | 'role',
    });
    const registry = new TenantRegistry(other);
    await registry.watch();
    const read = (tenant: Tenant) =>
      runWithTenant(tenant, () =>
        other.pool.query('select id from "$tenant".items where id = $1', [1]),
      );
    const schemas = async () => {
      const { rows } = await other.unscopedQuery(
        `select statement from pg_prepared_statements where name like 'mt\\_%' order by 1`,
      );
      return rows.map(({ statement }) => /"(\w+)"/.exec(String(statement))?.[1]);
    };
    for (let n = 0; n < 5; n++) for (const tenant of [acme, globex]) await read(tenant);
    expect(await schemas()).toEqual(['tenant_acme', 'tenant_globex']);

    // All but one are up to date, and are not told of.
    const { migrations } = tenancy.registry.tables;
    await tenancy.migration('0009_more', 'create table "$tenant".more (id int)');
    await tenancy.database.query(
      `insert into ${migrations} (tenant_id, name, duration_ms)
       select id, '0009_more', 0 from tenancy.tenants where slug <> 'acme'`,
    );
    expect(await tenancy.migrator.migrate()).toMatchObject({ migrated: 1, failed: [] });
    // The notification is on its way to another connection.
    for (let tries = 0; tries < 100 && (await schemas()).length === 2; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await read(globex);
    }
    expect(await schemas()).toEqual(['tenant_globex']);
    await registry.close();
    await other.close();
  });
});
