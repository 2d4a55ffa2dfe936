import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  TenantRegistry,
  Tenants,
  type Migration,
  type MigrationSource,
} from '@mt/runtime';
import pg from 'pg';
import { ACTIVITY } from '../../support/activity.js';
import { eventually } from '../../support/eventually.js';
import { migrationName, MIGRATION_SOURCES } from '../../support/migration-sources.js';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });
let number = 0;

const ITEMS = 'create table "$tenant"."items" ("id" integer primary key, "owner" text)';

describe.each(Object.keys(MIGRATION_SOURCES))('migrations from %s', (kind) => {
  const make = MIGRATION_SOURCES[kind] as (typeof MIGRATION_SOURCES)[string];
  const name = (index: number) => migrationName(kind, index);

  let registry: TenantRegistry;
  let connections: ConnectionManager;

  const over = async (texts: readonly string[]) => {
    const source = await make(connections, texts);
    const migrator = new Migrator(connections, registry, source);
    return { migrator, tenants: new Tenants(registry, migrator) };
  };

  const query = (slug: string, text: string) => {
    return registry
      .get(slug)
      .then((tenant) => runWithTenant(tenant, () => connections.pool.query(text)));
  };

  const ledgerOf = async (slug: string) =>
    (
      await tenancy.database.query<{ name: string }>(
        `select migrations.name from ${registry.tables.migrations}
         join ${registry.tables.tenants} on tenants.id = tenant_id
         where slug = $1 and migrations.name <> '$tenant' order by applied_at`,
        [slug],
      )
    ).map((row) => row.name);

  beforeEach(async () => {
    connections = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      max: 4,
    });
    registry = new TenantRegistry(connections, {
      controlSchema: `control_${++number}`,
      schemaPrefix: `s${number}_`,
    });
    await registry.setup();
  });
  afterEach(() => connections.close());

  it('may add a value to an enum in one, and use it in the next', async () => {
    const texts = [
      `create type "$tenant"."state" as enum ('new'); create table "$tenant"."orders" ("state" "$tenant"."state")`,
      `alter type "$tenant"."state" add value 'paid'`,
      `insert into "$tenant"."orders" values ('paid')`,
    ];
    const first = await over(texts.slice(0, 1));
    await first.tenants.create({ slug: 'old' });

    const all = await over(texts);
    expect(await all.migrator.migrate()).toMatchObject({ applied: 2, failed: [], remaining: 0 });
    await all.tenants.create({ slug: 'new' });
    for (const slug of ['old', 'new']) {
      expect((await query(slug, 'select state from orders')).rows).toEqual([{ state: 'paid' }]);
      expect(await ledgerOf(slug)).toEqual([0, 1, 2].map(name));
    }
  });

  it('say what to do where one adds the value and uses it', async () => {
    const created = `create type "$tenant"."state" as enum ('new')`;
    await (await over([created])).tenants.create({ slug: 'acme' });
    const { migrator } = await over([
      created,
      `alter type "$tenant"."state" add value 'paid'; select 'paid'::"$tenant"."state"`,
    ]);
    const { failed } = await migrator.migrate();
    expect(failed[0]?.error).toMatchObject({
      code: 'MIGRATION_FAILED',
      remedy: expect.stringContaining('into the next migration') as string,
    });
  });

  it('keep what came before one that fails, and go on there', async () => {
    await (await over([ITEMS])).tenants.create({ slug: 'acme' });
    const texts = [
      ITEMS,
      'alter table "$tenant"."items" add column "color" text',
      'create table "$tenant"."half" ("id" integer); select 1 / (select count(*) from "$tenant"."items")',
      'create table "$tenant"."last" ("id" integer)',
    ];
    const { migrator } = await over(texts);
    const progress = jest.fn();
    const report = await migrator.migrate({ onProgress: progress });
    expect(report).toMatchObject({ total: 1, migrated: 0, applied: 1, remaining: 1 });
    expect(report.failed[0]?.error).toMatchObject({ migration: name(2), tenant: 'acme' });
    expect(progress).toHaveBeenCalledWith(expect.objectContaining({ applied: [name(1)] }));
    expect(await ledgerOf('acme')).toEqual([name(0), name(1)]);
    await expect(query('acme', 'select from half')).rejects.toMatchObject({ code: '42P01' });

    // As the remedy says: the data, or the migration.
    await query('acme', `insert into items (id) values (1)`);
    expect(await migrator.migrate()).toMatchObject({ applied: 2, failed: [], remaining: 0 });
    expect(await ledgerOf('acme')).toEqual([0, 1, 2, 3].map(name));
  });

  it('fail as one where its constraints are checked at its end', async () => {
    const texts = [
      ITEMS,
      `create table "$tenant"."parts" ("item" integer references "$tenant"."items" deferrable initially deferred);
       insert into "$tenant"."parts" values (1)`,
    ];
    await (await over(texts.slice(0, 1))).tenants.create({ slug: 'acme' });
    const { migrator } = await over(texts);
    const { failed } = await migrator.migrate();
    expect(failed[0]?.error).toMatchObject({ code: 'MIGRATION_FAILED', migration: name(1) });
    expect(await ledgerOf('acme')).toEqual([name(0)]);
  });

  it('are applied once, by whoever comes first, and in their order', async () => {
    const texts = [
      ITEMS,
      ...Array.from({ length: 6 }, (_, n) => `create table "$tenant"."t${n}" ()`),
    ];
    const first = await over(texts.slice(0, 1));
    const tenant = await first.tenants.create({ slug: 'acme' });
    const runs = await Promise.all(
      Array.from({ length: 6 }, async () => (await over(texts)).migrator.migrateTenant(tenant)),
    );
    expect(runs.flat().toSorted()).toEqual([1, 2, 3, 4, 5, 6].map(name));
    expect(await ledgerOf('acme')).toEqual([0, 1, 2, 3, 4, 5, 6].map(name));
    expect(connections.getActiveCount()).toBe(0);
  });

  it.each(['repeatable read', 'serializable'])(
    'are applied once with a login whose transactions are %s',
    async (level) => {
      const strict = new ConnectionManager({
        connectionString: tenancy.database.connectionString,
        max: 4,
        pool: { options: `-c default_transaction_isolation=${level.replace(' ', '\\ ')}` },
      });
      const texts = [ITEMS, 'select pg_sleep(0.1)', 'create table "$tenant"."t" ()'];
      const tenant = await (await over(texts.slice(0, 1))).tenants.create({ slug: 'acme' });
      const runs = await Promise.all(
        Array.from({ length: 3 }, async () =>
          new Migrator(strict, registry, await make(strict, texts)).migrateTenant(tenant),
        ),
      );
      expect(runs.flat().toSorted()).toEqual([name(1), name(2)]);
      await strict.close();
    },
  );

  it('wait for another process outside of every statement, and hear the signal meanwhile', async () => {
    const texts = [ITEMS, 'create table "$tenant"."t" ()'];
    const { id } = await (await over(texts.slice(0, 1))).tenants.create({ slug: 'acme' });
    const other = new pg.Client({ connectionString: tenancy.database.connectionString });
    other.on('error', () => undefined);
    await other.connect();
    await other.query('begin');
    await other.query(
      `insert into ${registry.tables.migrations} (tenant_id, name, duration_ms) values ($1, $2, 0)`,
      [id, name(1)],
    );
    const { migrator } = await over(texts);
    const stop = new AbortController();
    const run = migrator.migrate({ signal: stop.signal });
    await delay(300);
    const waiting = await tenancy.database.query(
      `${ACTIVITY.waitingForLock} and now() - query_start > interval '100 milliseconds'`,
    );
    expect(waiting).toEqual([]);
    const since = performance.now();
    await tenancy.database.query('create table if not exists indexed (id int)');
    await tenancy.database.query('create index concurrently on indexed (id)');
    expect(performance.now() - since).toBeLessThan(2_000);
    stop.abort();
    expect(await run).toMatchObject({
      total: 1,
      migrated: 0,
      applied: 0,
      failed: [],
      remaining: 1,
    });

    const again = migrator.migrate();
    await delay(50);
    await other.query('rollback');
    expect(await again).toMatchObject({ migrated: 1, applied: 1, remaining: 0 });
    await other.end();
  });

  it('do not keep a tenant from being suspended meanwhile', async () => {
    const texts = [ITEMS, 'select pg_sleep(2)'];
    const { tenants } = await over(texts.slice(0, 1));
    await tenants.create({ slug: 'acme' });
    const { migrator } = await over(texts);
    const run = migrator.migrate();
    await eventually(isSleeping);
    const since = performance.now();
    await tenants.suspend('acme');
    expect(performance.now() - since).toBeLessThan(1_000);
    expect(await isSleeping()).toBe(true);
    expect(await run).toMatchObject({ migrated: 1, failed: [], remaining: 0 });
  });

  it('skip a tenant that is deleted during the run', async () => {
    const texts = [ITEMS, 'select pg_sleep(0.3)'];
    const { tenants } = await over(texts.slice(0, 1));
    for (const slug of ['a', 'b', 'c']) await tenants.create({ slug });
    const { migrator } = await over(texts);
    const run = migrator.migrate({ concurrency: 1 });
    await eventually(isSleeping);
    await tenancy.database.query(`delete from ${registry.tables.tenants} where slug = 'b'`);
    expect(await run).toMatchObject({ total: 3, migrated: 2, failed: [], remaining: 0 });
  });

  it('do not count a tenant twice that is created during the run', async () => {
    const texts = [ITEMS, 'select pg_sleep(0.3)'];
    const { tenants } = await over(texts.slice(0, 1));
    for (const slug of ['a', 'z']) await tenants.create({ slug });
    const all = await over(texts);
    const run = all.migrator.migrate({ concurrency: 1 });
    await eventually(isSleeping);
    await all.tenants.create({ slug: 'm' });
    expect(await run).toMatchObject({ total: 2, migrated: 2, failed: [], remaining: 0 });
    expect(await ledgerOf('m')).toEqual([name(0), name(1)]);
  });

  it('have no time limit that is meant for statements of tenants', async () => {
    const limited = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      statementTimeoutMs: 50,
      limitsOf: () => ({ statementTimeoutMs: 60, maxConnections: 1 }),
    });
    const texts = [ITEMS, 'select pg_sleep(0.2)'];
    const migrator = new Migrator(limited, registry, await make(limited, texts));
    const tenant = await new Tenants(registry, migrator).create({ slug: 'acme' });
    expect(await ledgerOf('acme')).toEqual([name(0), name(1)]);
    // The others have.
    await expect(
      runWithTenant(tenant, () => limited.pool.query('select pg_sleep(0.2)')),
    ).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await limited.close();
  });

  it.each(['drop schema "$tenant" cascade', 'alter schema "$tenant" rename to "elsewhere"'])(
    'do not lose the schema of their tenant: %s',
    async (text) => {
      const { id, schema } = await (await over([ITEMS])).tenants.create({ slug: 'acme' });
      const { migrator } = await over([ITEMS, `create table "$tenant"."t" (); ${text}`]);
      // SQL files are read beforehand, and refused before anybody is touched.
      const error = await migrator.migrate().then(
        ({ failed }) => failed[0]?.error.cause,
        (refusal: unknown) => refusal,
      );
      expect(error).toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
      expect(
        await tenancy.database.query('select tablename from pg_tables where schemaname = $1', [
          schema,
        ]),
      ).toEqual([{ tablename: 'items' }]);
      expect((await registry.getActiveById(id)).schema).toBe(schema);
    },
  );

  it('take no lock that a tenant could take as well', async () => {
    const texts = [ITEMS, 'select pg_sleep(0.3)'];
    await (await over(texts.slice(0, 1))).tenants.create({ slug: 'acme' });
    const { migrator } = await over(texts);
    const run = migrator.migrate();
    await eventually(isSleeping);
    expect(await tenancy.database.query(ACTIVITY.advisoryLocks)).toEqual([]);
    await run;
  });

  async function isSleeping(): Promise<boolean> {
    return (await tenancy.database.query(ACTIVITY.sleeping)).length > 0;
  }
});

it('a migration that hides an error of the server is not taken for applied', async () => {
  const sql = await (MIGRATION_SOURCES['sql'] as (typeof MIGRATION_SOURCES)[string])(
    tenancy.connections,
    [],
  );
  const hides: Migration = {
    name: 'hides',
    checksum: undefined,
    async up(session) {
      await session.query('select nonsense').catch(() => undefined);
    },
  };
  const source: MigrationSource = { ...sql, load: () => Promise.resolve([hides]) };
  const migrator = new Migrator(tenancy.connections, tenancy.registry, source);
  await expect(
    new Tenants(tenancy.registry, migrator).create({ slug: 'hidden' }),
  ).rejects.toMatchObject({ code: 'MIGRATION_FAILED', migration: 'hides' });
  await expect(tenancy.registry.getActive('hidden')).rejects.toThrow('provisioning');
});
