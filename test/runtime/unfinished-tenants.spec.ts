import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantExistsError,
  TenantNotActiveError,
  TenantRegistry,
  Tenants,
  type NewTenant,
} from '@mt/runtime';
import pg from 'pg';
import { ACTIVITY } from '../support/activity.js';
import { eventually } from '../support/eventually.js';
import { migrationName, MIGRATION_SOURCES } from '../support/migration-sources.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 6 });
let number = 0;

const ITEMS = 'create table "$tenant"."items" ("id" integer primary key, "owner" text)';

const rowOf = async (registry: TenantRegistry, slug: string) => {
  const [row] = await tenancy.database.query<{ status: string; name: string }>(
    `select status, name, metadata, role_name from ${registry.tables.tenants} where slug = $1`,
    [slug],
  );
  return row;
};

describe.each(Object.keys(MIGRATION_SOURCES))(
  'creating a tenant with migrations from %s',
  (kind) => {
    const make = MIGRATION_SOURCES[kind] as (typeof MIGRATION_SOURCES)[string];
    let registry: TenantRegistry;

    const over = async (...texts: string[]) => {
      const source = await make(tenancy.connections, texts);
      return new Tenants(registry, new Migrator(tenancy.connections, registry, source));
    };

    const ledgerOf = async (slug: string) =>
      (
        await tenancy.database.query<{ name: string }>(
          `select m.name from ${registry.tables.migrations} m
         join ${registry.tables.tenants} t on t.id = tenant_id where slug = $1 order by applied_at`,
          [slug],
        )
      ).map(({ name }) => name);

    beforeEach(async () => {
      registry = new TenantRegistry(tenancy.connections, {
        controlSchema: `control_${++number}`,
        schemaPrefix: `u${number}_`,
        cacheTtlMs: 0,
      });
      await registry.setup();
    });

    it('serves nobody by halves where a migration fails, and goes on there when it is asked again', async () => {
      const broken = 'create table "$tenant"."half" ("id" integer); select nonsense';
      const failing = await over(ITEMS, broken, 'create table "$tenant"."last" ()');
      await expect(failing.create({ slug: 'acme', name: 'First' })).rejects.toMatchObject({
        code: 'MIGRATION_FAILED',
        tenant: 'acme',
        migration: migrationName(kind, 1),
        remedy: expect.stringContaining('is created again') as string,
      });
      expect(await rowOf(registry, 'acme')).toMatchObject({ status: 'provisioning' });
      expect(await ledgerOf('acme')).toEqual(['$tenant', migrationName(kind, 0)]);
      await expect(registry.getActive('acme')).rejects.toThrow(TenantNotActiveError);
      await expect(failing.run('acme', () => 1)).rejects.toThrow(TenantNotActiveError);
      const { id } = await registry.get('acme');
      await expect(registry.getActiveById(id)).rejects.toThrow(TenantNotActiveError);

      const mended = await over(
        ITEMS,
        'create table "$tenant"."half" ("id" integer)',
        'create table "$tenant"."last" ()',
      );
      expect(await mended.create({ slug: 'acme', name: 'Second' })).toMatchObject({
        id,
        status: 'active',
        name: 'Second',
      });
      expect(await ledgerOf('acme')).toEqual([
        '$tenant',
        ...[0, 1, 2].map((index) => migrationName(kind, index)),
      ]);
      await expect(mended.create({ slug: 'acme' })).rejects.toThrow(TenantExistsError);
    });

    it.each([
      ['at once', `insert into "$tenant"."parts" values (1)`, ''],
      [
        'at the end of its transaction',
        `insert into "$tenant"."parts" values (1)`,
        'deferrable initially deferred',
      ],
    ])('settles where a migration violates a foreign key %s', async (_, insert, when) => {
      const tables = `${ITEMS}; create table "$tenant"."parts" ("item" integer references "$tenant"."items" ${when})`;
      const tenants = await over(tables, insert);
      const failed = {
        code: 'MIGRATION_FAILED',
        migration: migrationName(kind, 1),
      };
      // A row that is new, one that a failure has left, and one that a process has left which died.
      await expect(tenants.create({ slug: 'acme' })).rejects.toMatchObject(failed);
      await expect(tenants.create({ slug: 'acme' })).rejects.toMatchObject(failed);
      await registry.insert({ slug: 'left' });
      const attempts = jest.spyOn(registry, 'insert');
      await expect(tenants.create({ slug: 'left' })).rejects.toMatchObject(failed);
      expect(attempts).toHaveBeenCalledTimes(1);
    });

    it.each<[string, NewTenant, object]>([
      [
        'names one',
        { slug: 'acme', name: 'New', metadata: { plan: 'pro' } },
        { name: 'New', metadata: { plan: 'pro' } },
      ],
      ['names none', { slug: 'acme' }, { name: 'acme', metadata: {} }],
    ])(
      'makes the tenant that is asked for of what was left: who %s',
      async (_, input, expected) => {
        await registry.insert({
          slug: 'acme',
          name: 'Old',
          metadata: { plan: 'free', left: true },
        });
        const tenants = await over(ITEMS);
        const created = await tenants.create(input);
        expect(created).toMatchObject({ status: 'active', ...expected });
        expect(created.metadata).toEqual((expected as NewTenant).metadata);
        expect(await registry.getActive('acme')).toEqual(created);
        expect(await rowOf(registry, 'acme')).toMatchObject({ status: 'active', ...expected });
      },
    );

    it('makes what one of many asks for, and tells the others that it exists', async () => {
      const tenants = await over(
        ITEMS,
        'create table "$tenant"."more" ()',
        'select pg_sleep(0.05)',
      );
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, (_, n) => tenants.create({ slug: 'race', name: `${n}` })),
      );
      const [won, ...further] = results.flatMap((result, n) =>
        result.status === 'fulfilled' ? [{ n, tenant: result.value }] : [],
      );
      expect(further).toEqual([]);
      expect(won?.tenant.name).toBe(`${won?.n}`);
      expect(await rowOf(registry, 'race')).toMatchObject({ name: `${won?.n}`, status: 'active' });
      for (const result of results) {
        if (result.status === 'rejected') expect(result.reason).toBeInstanceOf(TenantExistsError);
      }
      expect(await ledgerOf('race')).toHaveLength(4);
    });

    it('fails with one kind of error, however many create the same broken tenant at once', async () => {
      const tenants = await over(ITEMS, 'select nonsense');
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, () => tenants.create({ slug: 'race' })),
      );
      for (const result of results) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'MIGRATION_FAILED' } });
      }
      expect(await (await over(ITEMS, 'select 1')).create({ slug: 'race' })).toMatchObject({
        status: 'active',
      });
    });

    it('leaves nothing where the schema is another’s, however many try at once', async () => {
      await tenancy.database.query(`create schema u${number}_squatted`);
      const tenants = await over(ITEMS);
      const results = await Promise.allSettled(
        Array.from({ length: 6 }, () => tenants.create({ slug: 'squatted' })),
      );
      for (const result of results) {
        expect(result).toMatchObject({ status: 'rejected', reason: { code: 'TENANT_EXISTS' } });
      }
      expect(await rowOf(registry, 'squatted')).toBeUndefined();
    });

    it('begins anew where the row is deleted under its hands', async () => {
      const left = await registry.insert({ slug: 'acme' });
      const other = new pg.Client({ connectionString: tenancy.database.connectionString });
      other.on('error', () => undefined);
      await other.connect();
      await other.query('begin');
      await other.query(`delete from ${registry.tables.tenants} where slug = 'acme'`);
      const creating = (await over(ITEMS)).create({ slug: 'acme' });
      await delay(200);
      await other.query('commit');
      await other.end();
      const created = await creating;
      expect(created).toMatchObject({ status: 'active' });
      expect(created.id).not.toBe(left?.id);
    });

    it('resolves when it is done, whatever could be read afterwards', async () => {
      const query = tenancy.connections.unscopedQuery.bind(tenancy.connections);
      const unreachable = jest
        .spyOn(tenancy.connections, 'unscopedQuery')
        .mockImplementation(async (text, values) => {
          const row = await rowOf(registry, 'acme');
          if (row?.status === 'active') throw new Error('The database is away.');
          return query(text, values);
        });
      try {
        const created = await (await over(ITEMS)).create({ slug: 'acme', name: 'Acme' });
        expect(created).toMatchObject({ status: 'active', name: 'Acme' });
      } finally {
        unreachable.mockRestore();
      }
    });

    it('needs no migrations', async () => {
      const tenants = await over();
      expect(await tenants.create({ slug: 'empty' })).toMatchObject({ status: 'active' });
      await registry.insert({ slug: 'left' });
      expect(await tenants.create({ slug: 'left' })).toMatchObject({ status: 'active' });
      await expect(tenants.create({ slug: 'left' })).rejects.toThrow(TenantExistsError);
    });

    it('refuses another database, also for what was left', async () => {
      const tenants = await over(ITEMS);
      await registry.insert({ slug: 'left' });
      for (const slug of ['left', 'new']) {
        await expect(tenants.create({ slug, placement: 'other' })).rejects.toMatchObject({
          code: 'CONFIGURATION_INVALID',
        });
      }
      expect(await rowOf(registry, 'new')).toBeUndefined();
    });
  },
);

describe('what a process leaves that was killed while it created a tenant', () => {
  it('is finished by the next one, with each migration applied once', async () => {
    await tenancy.migration('0001_more', 'create table "$tenant".more (id int)');
    await tenancy.migration(
      '0002_slow',
      'create table "$tenant".slow (id int); select pg_sleep(20)',
    );
    const child = fork(join(__dirname, '../support/create-process.cjs'), [
      tenancy.database.connectionString,
      tenancy.directory,
      'killed',
    ]);
    await eventually(async () => (await tenancy.database.query(ACTIVITY.sleeping)).length > 0);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await tenancy.database.query(`select pg_terminate_backend(pid) from (${ACTIVITY.sleeping}) s`);
    expect(await rowOf(tenancy.registry, 'killed')).toMatchObject({ status: 'provisioning' });

    // The migration was never applied to anybody, so it may be mended.
    await tenancy.migration('0002_slow', 'create table "$tenant".slow (id int)');
    const created = await tenancy.tenants.create({ slug: 'killed', name: 'Of the next' });
    expect(created).toMatchObject({ status: 'active', name: 'Of the next' });
    expect(
      await tenancy.database.query(
        `select tablename as name from pg_tables where schemaname = 'tenant_killed' order by 1`,
      ),
    ).toEqual([{ name: 'items' }, { name: 'more' }, { name: 'slow' }]);
  });

  it('is not finished with another text than it was begun with', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mt-changed-'));
    const source = sqlMigrations(tenancy.connections, { directory });
    const registry = new TenantRegistry(tenancy.connections, {
      controlSchema: 'changed',
      schemaPrefix: 'changed_',
    });
    await registry.setup();
    const tenants = new Tenants(registry, new Migrator(tenancy.connections, registry, source));
    await writeFile(join(directory, '0000_a.sql'), ITEMS);
    await writeFile(join(directory, '0001_b.sql'), 'select nonsense');
    await expect(tenants.create({ slug: 'acme' })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
    });
    await writeFile(join(directory, '0000_a.sql'), `${ITEMS};`);
    await writeFile(join(directory, '0001_b.sql'), 'select 1');
    await expect(tenants.create({ slug: 'acme' })).rejects.toMatchObject({
      code: 'MIGRATION_CHANGED',
      migrations: ['0000_a'],
    });
    // Neither remedy leads nowhere.
    const migrator = new Migrator(tenancy.connections, registry, source);
    expect(await migrator.migrate({ acceptChanged: ['0000_a'] })).toMatchObject({
      accepted: [{ migration: '0000_a', tenants: 1 }],
    });
    expect(await tenants.create({ slug: 'acme' })).toMatchObject({ status: 'active' });
    await rm(directory, { recursive: true });
  });
});

describe('taking a row back', () => {
  it('leaves one for which somebody else has made something, or is about to', async () => {
    const registry = new TenantRegistry(tenancy.connections, {
      controlSchema: 'taken_back',
      schemaPrefix: 'back_',
    });
    await registry.setup();
    const tenant = await registry.insert({ slug: 'acme' });
    if (!tenant) throw new Error('The slug is taken.');
    const other = new pg.Client({ connectionString: tenancy.database.connectionString });
    other.on('error', () => undefined);
    await other.connect();
    await other.query('begin');
    await other.query(
      `insert into ${registry.tables.migrations} (tenant_id, name, duration_ms) values ($1, '$tenant', 0)`,
      [tenant.id],
    );
    const since = performance.now();
    await registry.removeUnprovisioned(tenant);
    expect(performance.now() - since).toBeLessThan(1_000);
    await other.query('commit');
    await registry.removeUnprovisioned(tenant);
    expect(await rowOf(registry, 'acme')).toBeDefined();
    await other.query(`delete from ${registry.tables.migrations}`);
    await registry.removeUnprovisioned(tenant);
    expect(await rowOf(registry, 'acme')).toBeUndefined();
    await other.end();
  });
});

describe('roles', () => {
  const roles = useRoleTenancy({ max: 4 });

  const read = (slug: string) =>
    roles.tenants.run(slug, async () => {
      const { rows } = await roles.connections.pool.query(
        'select current_user::text, count(*)::int from items',
      );
      return rows[0];
    });

  it.each([false, true])(
    'belong to a tenant that is finished under roles and was begun without: schema made %s',
    async (withSchema) => {
      const slug = withSchema ? 'half-begun' : 'begun';
      const without = new ConnectionManager({
        connectionString: roles.logins.adminConnectionString,
      });
      const registry = new TenantRegistry(without);
      if (withSchema) {
        const directory = await mkdtemp(join(tmpdir(), 'mt-half-'));
        await writeFile(join(directory, '0000_items.sql'), 'select nonsense');
        const migrator = new Migrator(without, registry, sqlMigrations(without, { directory }));
        await expect(new Tenants(registry, migrator).create({ slug })).rejects.toMatchObject({
          code: 'MIGRATION_FAILED',
        });
        await rm(directory, { recursive: true });
      } else {
        await registry.insert({ slug });
      }
      await without.close();

      const created = await roles.tenants.create({ slug });
      expect(created.role).toMatch(/^tenant_(half_)?begun_[0-9a-f]{12}$/);
      expect(await read(slug)).toEqual({ current_user: created.role, count: 0 });
    },
  );

  it('are created for all who are finished; what is not gets its own later', async () => {
    await roles.tenants.create({ slug: 'a' });
    await roles.tenants.create({ slug: 'z' });
    await roles.tenants.suspend('z');
    // Before all others and in between, without a schema and with one.
    for (const slug of ['0', 'm']) await roles.registry.insert({ slug });
    await roles.migration('0001_broken', 'select nonsense');
    await expect(roles.tenants.create({ slug: 'n' })).rejects.toMatchObject({
      code: 'MIGRATION_FAILED',
    });
    await roles.database.query('update tenancy.tenants set role_name = null');
    expect(await roles.tenants.createRoles()).toBe(
      (await roles.tenants.list()).filter(({ status }) => status !== 'provisioning').length,
    );
    expect(await read('a')).toMatchObject({ count: 0 });
    await roles.tenants.resume('z');
    expect(await read('z')).toMatchObject({ count: 0 });

    await roles.migration('0001_broken', 'select 1');
    for (const slug of ['0', 'm', 'n']) {
      const { role } = await roles.tenants.create({ slug });
      expect(await read(slug)).toEqual({ current_user: role, count: 0 });
    }
  });

  it('are created for all others where a schema is missing, which is told by name', async () => {
    await roles.tenants.create({ slug: 'gone' });
    await roles.database.query('drop schema tenant_gone cascade');
    await roles.database.query(
      `update tenancy.tenants set role_name = null where slug in ('z', 'gone')`,
    );
    await expect(roles.tenants.createRoles()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/missing: gone\.$/) as string,
      remedy: expect.any(String) as string,
    });
    expect(await read('z')).toMatchObject({ count: 0 });
    await expect(roles.tenants.createRole('gone')).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      message: expect.stringMatching(/missing: gone\.$/) as string,
    });
    await roles.database.query(`delete from tenancy.tenants where slug = 'gone'`);
    await expect(roles.tenants.createRoles()).resolves.toBeGreaterThan(0);
  });

  it('are created for one, whose schema was made again', async () => {
    const { schema, role } = await roles.tenants.create({ slug: 'restored' });
    await roles.connections.adminQuery(`drop schema ${schema} cascade`);
    await roles.connections.adminQuery(`create schema ${schema}`);
    await roles.connections.adminQuery(`create table ${schema}.items ()`);
    await expect(read('restored')).rejects.toThrow(/items/);
    await roles.tenants.createRole('restored');
    expect(await read('restored')).toEqual({ current_user: role, count: 0 });
    await expect(roles.tenants.createRole('nobody')).rejects.toMatchObject({
      code: 'TENANT_NOT_FOUND',
    });
  });

  it('are created once by many at the same time', async () => {
    await Promise.all(Array.from({ length: 4 }, () => roles.tenants.createRoles()));
    await Promise.all(
      (await roles.tenants.list({ status: 'active' })).map((tenant) =>
        runWithTenant(tenant, () => roles.connections.pool.query('select from items')),
      ),
    );
  });
});
