import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import {
  ConfigurationError,
  ConnectionManager,
  currentTenant,
  InvalidTenantSlugError,
  IsolationMonitor,
  TenantExistsError,
  TenantNotActiveError,
  TenantNotFoundError,
  TenantRegistry,
  runWithTenant,
  type Tenant,
} from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy();

const schemas = async () =>
  (
    await tenancy.database.query<{ name: string }>(
      `select nspname as name from pg_namespace where nspname like 'tenant%' order by 1`,
    )
  ).map(({ name }) => name);

describe('creating a tenant', () => {
  it('writes its row, its schema and its migrations', async () => {
    const tenant = await tenancy.tenants.create({
      slug: 'acme-eu',
      name: 'Acme Europe',
      metadata: { plan: 'pro' },
    });

    expect(tenant).toMatchObject({
      slug: 'acme-eu',
      schema: 'tenant_acme_eu',
      status: 'active',
      placement: 'main',
      name: 'Acme Europe',
      metadata: { plan: 'pro' },
    });
    expect(Object.isFrozen(tenant)).toBe(true);
    expect(await tenancy.registry.getActive('acme-eu')).toEqual(tenant);
    expect(await tenancy.registry.getById(tenant.id)).toEqual(tenant);
    const { rows } = await runWithTenant(tenant, () =>
      tenancy.connections.pool.query('select * from items'),
    );
    expect(rows).toEqual([]);
    expect(await tenancy.migrator.status()).toEqual([]);
  });

  it('keeps slugs apart that look alike', async () => {
    await tenancy.tenants.create({ slug: 'a-b' });
    await tenancy.tenants.create({ slug: 'a_b' });
    expect(await schemas()).toEqual(expect.arrayContaining(['tenant_a_b', 'tenant_a__b']));
  });

  it('refuses a name that is taken', async () => {
    await tenancy.tenants.create({ slug: 'taken' });
    await expect(tenancy.tenants.create({ slug: 'taken' })).rejects.toThrow(TenantExistsError);
    expect((await tenancy.registry.getActive('taken')).status).toBe('active');
  });

  it.each(['../x', 'a"b', 'A', '', 'a'.repeat(64), 'ünicode', 'a--b', '-a', 'a '])(
    'refuses %j before it writes anything',
    async (slug) => {
      await expect(tenancy.tenants.create({ slug })).rejects.toThrow(InvalidTenantSlugError);
      expect(
        await tenancy.database.query('select 1 from tenancy.tenants where slug = $1', [slug]),
      ).toEqual([]);
    },
  );

  it('lets one of many that create the same tenant at once win', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => tenancy.tenants.create({ slug: 'race' })),
    );
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of results) {
      if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TenantExistsError);
    }
    expect((await tenancy.registry.getActive('race')).status).toBe('active');
  });

  it('does not move into a schema that is there already', async () => {
    await tenancy.database.query('create schema tenant_squatted');
    await expect(tenancy.tenants.create({ slug: 'squatted' })).rejects.toThrow(TenantExistsError);
    expect(await tenancy.registry.find('squatted')).toBeUndefined();
  });
});

describe('a tenant’s states', () => {
  it('are suspended and resumed, as often as wanted', async () => {
    await tenancy.tenants.create({ slug: 'paused' });
    await tenancy.tenants.suspend('paused');
    await tenancy.tenants.suspend('paused');
    await expect(tenancy.tenants.run('paused', () => 1)).rejects.toThrow(TenantNotActiveError);
    await tenancy.tenants.resume('paused');
    expect(await tenancy.tenants.run('paused', () => currentTenant().slug)).toBe('paused');
  });

  it('say at once whether a tenant is served, where that is known', async () => {
    const { registry, tenants } = tenancy;
    const tenant = await tenants.create({ slug: 'known' });
    registry.forget('known');
    expect(registry.getActiveIfCached('known')).toBeUndefined();
    await registry.getActive('known');
    expect(registry.getActiveIfCached('known')).toEqual(tenant);
    await tenants.suspend('known');
    await registry.find('known');
    expect(registry.getActiveIfCached('known')).toBeUndefined();
    expect(registry.getActiveIfCached('../x')).toBeUndefined();
    await tenants.resume('known');
  });

  it('say whether a tenant is served, by its slug and by its id', async () => {
    const { id } = await tenancy.tenants.create({ slug: 'by-id' });
    expect(await tenancy.registry.getActiveById(id)).toMatchObject({ slug: 'by-id' });
    for (const status of ['suspended', 'provisioning', 'archived']) {
      await tenancy.database.query('update tenancy.tenants set status = $2 where id = $1', [
        id,
        status,
      ]);
      await expect(tenancy.registry.getActiveById(id)).rejects.toMatchObject({
        code: 'TENANT_NOT_ACTIVE',
        tenant: 'by-id',
        status,
      });
      expect(await tenancy.registry.getById(id)).toMatchObject({ status });
    }
    await tenancy.database.query('delete from tenancy.tenants where id = $1', [id]);
    await tenancy.database.query('drop schema tenant_by_id cascade');
    await expect(tenancy.registry.getActiveById(id)).rejects.toThrow(TenantNotFoundError);
    await expect(tenancy.registry.getActiveById('by-id')).rejects.toThrow(TenantNotFoundError);
  });

  it('do not exist for a tenant that does not', async () => {
    await expect(tenancy.tenants.suspend('nobody')).rejects.toThrow(TenantNotFoundError);
    await expect(tenancy.tenants.run('nobody', () => 1)).rejects.toThrow(TenantNotFoundError);
    await expect(tenancy.registry.getById('nobody')).rejects.toThrow(TenantNotFoundError);
  });
});

describe('the registry', () => {
  it('does not give the schema of a renamed tenant to one that takes its old name', async () => {
    await tenancy.registry.insert({ slug: 'before' });
    await tenancy.database.query(`update tenancy.tenants set slug = 'after' where slug = 'before'`);
    await expect(tenancy.registry.insert({ slug: 'before' })).rejects.toThrow(TenantExistsError);
    await expect(tenancy.registry.insert({ slug: 'after' })).resolves.toBeUndefined();
  });

  it('gives a slug to one of many that ask for it at once, and tells the others that it is taken', async () => {
    // The server may find the name of the schema taken before it finds the slug taken.
    for (let round = 0; round < 200; round++) {
      const slug = `wanted-${round}`;
      const asked = Array.from({ length: 8 }, () => tenancy.registry.insert({ slug }));
      const given = (await Promise.all(asked)).filter((tenant) => tenant !== undefined);
      expect(given).toMatchObject([{ slug }]);
      await tenancy.registry.removeUnprovisioned(given[0] as Tenant);
    }
  });

  it('lists tenants page by page', async () => {
    const all = await tenancy.tenants.list();
    const first = await tenancy.tenants.list({ limit: 2 });
    const rest = await tenancy.tenants.list({ after: first.at(-1)?.slug, limit: 100 });
    expect([...first, ...rest]).toEqual(all);
    expect(await tenancy.tenants.list({ status: 'suspended' })).toEqual([]);
  });

  it('asks the database once for a tenant, and once for one that is not there', async () => {
    const registry = new TenantRegistry(tenancy.connections);
    const asked = jest.spyOn(tenancy.connections, 'unscopedQuery');
    await Promise.all(Array.from({ length: 10 }, () => registry.find('acme-eu')));
    await registry.find('acme-eu');
    expect(asked).toHaveBeenCalledTimes(1);
    await Promise.all([registry.find('nobody'), registry.find('nobody')]);
    await registry.find('nobody');
    expect(asked).toHaveBeenCalledTimes(2);
    asked.mockRestore();
  });

  it('forgets a look-up after its time, and the oldest when it is full', async () => {
    const registry = new TenantRegistry(tenancy.connections, { cacheTtlMs: 20, cacheSize: 1 });
    const asked = jest.spyOn(tenancy.connections, 'unscopedQuery');
    await registry.find('a-b');
    await registry.find('a_b');
    await registry.find('a-b');
    expect(asked).toHaveBeenCalledTimes(3);
    await new Promise((resolve) => setTimeout(resolve, 30));
    await registry.find('a-b');
    expect(asked).toHaveBeenCalledTimes(4);
    asked.mockRestore();
  });

  it.each([
    { cacheSize: NaN },
    { cacheSize: '10' },
    { cacheTtlMs: NaN },
    { cacheTtlMs: 2 ** 31 },
    { watchHeartbeatMs: '1' },
    { watchTimeoutMs: NaN },
  ])('refuses %p', (options) => {
    expect(() => new TenantRegistry(tenancy.connections, options as object)).toThrow(
      ConfigurationError,
    );
  });

  it.each([{ limit: NaN }, { limit: 0 }, { limit: '5' }, { status: 'actve' }])(
    'has no page %p',
    async (options) => {
      await expect(tenancy.tenants.list(options as object)).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        remedy: expect.any(String) as string,
      });
    },
  );

  it('is set up by many processes at once', async () => {
    const options = { controlSchema: 'control' };
    await Promise.all(
      Array.from({ length: 5 }, () => new TenantRegistry(tenancy.connections, options).setup()),
    );
    expect(await new TenantRegistry(tenancy.connections, options).list()).toEqual([]);
  });

  it('is set up whatever locks a tenant holds, and whatever limits the login has', async () => {
    const login = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      pool: { options: '-c lock_timeout=1' },
    });
    const registry = new TenantRegistry(login, { controlSchema: 'contended' });
    await registry.setup();
    const tenant = await tenancy.tenants.create({ slug: 'holder' });
    await runWithTenant(tenant, async () => {
      const client = await tenancy.connections.pool.connect();
      await client.query('begin');
      for (const key of ['mt:control:"contended"', 'mt:canary:"contended_canary"']) {
        await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [key]);
      }
      await registry.setup();
      expect(await new IsolationMonitor(login, registry).check()).toMatchObject({
        error: undefined,
      });
      await client.query('rollback');
      client.release();
    });

    const blocked = new pg.Client({ connectionString: tenancy.database.connectionString });
    blocked.on('error', () => undefined);
    await blocked.connect();
    await blocked.query('begin; lock table contended.tenants in share update exclusive mode');
    const waits = registry.setup();
    await delay(300);
    // Tenants are served meanwhile, and nothing waits for who waits.
    await tenancy.database.query('create table indexed (id int)');
    const since = performance.now();
    await tenancy.database.query('create index concurrently on indexed (id)');
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(await registry.insert({ slug: 'meanwhile' })).toMatchObject({ slug: 'meanwhile' });
    await blocked.end();
    await waits;
    await login.close();
  });

  it('does not try for ever where something else has its name', async () => {
    await tenancy.database.query('create schema taken; create type taken.tenants as enum ()');
    const registry = new TenantRegistry(tenancy.connections, { controlSchema: 'taken' });
    await expect(registry.setup()).rejects.toMatchObject({ code: '42710' });
  });

  it('says what to do where it was not set up', async () => {
    const registry = new TenantRegistry(tenancy.connections, { controlSchema: 'missing' });
    await expect(registry.find('acme')).rejects.toThrow(ConfigurationError);
    await expect(registry.find('acme')).rejects.toMatchObject({
      remedy: expect.stringContaining('registry.setup()') as string,
    });
  });

  it.each(['public', 'pg_tenancy', 'tenant_control', 'information_schema', 'Tenancy', 'a"b', ''])(
    'refuses %j for its schema',
    (controlSchema) => {
      expect(() => new TenantRegistry(tenancy.connections, { controlSchema })).toThrow(
        ConfigurationError,
      );
    },
  );
});

describe('the connection manager', () => {
  it.each([
    {},
    { connectionString: '' },
    { connectionString: 'postgres://x', max: 0 },
    { connectionString: 'postgres://x', max: 1.5 },
    { connectionString: 'postgres://x', pool: { pipeline: true } as object },
    { placements: { other: { host: 'x' } } },
  ])('refuses %j', (options) => {
    expect(() => new ConnectionManager(options)).toThrow(ConfigurationError);
  });

  it('refuses a tenant of a placement that it does not have', async () => {
    const tenant = { ...(await tenancy.registry.get('a-b')), placement: 'elsewhere' };
    await expect(
      runWithTenant(tenant, () => tenancy.connections.pool.query('select 1')),
    ).rejects.toThrow(ConfigurationError);
  });
});
