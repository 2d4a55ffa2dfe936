import { promises as fs } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Migrator, runWithTenant, TenantRegistry, Tenants, withoutTenant } from '@mt/runtime';
import { kyselyMigrations, type KyselyMigrationsOptions } from '@mt/runtime/kysely';
import {
  CamelCasePlugin,
  FileMigrationProvider,
  Kysely,
  Migrator as KyselyMigrator,
  PostgresDialect,
  sql,
  type Migration,
} from 'kysely';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });
let number = 0;

async function over(migrations: Record<string, Migration>, options?: KyselyMigrationsOptions) {
  const registry = new TenantRegistry(tenancy.connections, {
    controlSchema: `control_${++number}`,
    schemaPrefix: `k${number}_`,
  });
  await registry.setup();
  const again = (changed: Record<string, Migration>) => {
    const source = kyselyMigrations(
      tenancy.connections,
      { getMigrations: () => Promise.resolve(changed) },
      options,
    );
    const migrator = new Migrator(tenancy.connections, registry, source);
    return { migrator, tenants: new Tenants(registry, migrator) };
  };
  return { registry, again, ...again(migrations) };
}

const tablesOf = async ({ schema }: { schema: string }) =>
  (
    await tenancy.database.query<{ name: string }>(
      'select tablename as name from pg_tables where schemaname = $1 order by 1',
      [schema],
    )
  ).map(({ name }) => name);

const CREATE: Migration = {
  up: (db) => db.schema.createTable('items').addColumn('id', 'integer').execute(),
};
const ADD: Migration = {
  up: (db) => db.schema.alterTable('items').addColumn('color', 'text').execute(),
};

it('migrates every tenant with the schema builder, by name and by the marker', async () => {
  const { migrator, tenants, again, registry } = await over({ '0001_items': CREATE });
  const all = [await tenants.create({ slug: 'a' }), await tenants.create({ slug: 'b' })];
  expect(await migrator.status()).toEqual([]);

  const more = again({
    '0003_marked': {
      up: (db) =>
        db.withSchema('$tenant').schema.createTable('marked').addColumn('id', 'integer').execute(),
    },
    '0002_color': ADD,
    '0001_items': CREATE,
    '0004_rows': {
      async up(db: Kysely<{ items: { id: number; color: string | null } }>) {
        await db
          .insertInto('items')
          .values([
            { id: 1, color: 'red' },
            { id: 2, color: null },
          ])
          .execute();
        const { numUpdatedRows } = await db
          .updateTable('items')
          .set({ color: 'blue' })
          .where('color', 'is', null)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows !== 1n) throw new Error(`${numUpdatedRows} rows`);
      },
    },
  });
  expect((await more.migrator.status())[0]?.pending).toEqual([
    '0002_color',
    '0003_marked',
    '0004_rows',
  ]);
  expect(await more.migrator.migrate()).toMatchObject({
    migrated: 2,
    applied: 6,
    failed: [],
    remaining: 0,
  });
  for (const tenant of [...all, await more.tenants.create({ slug: 'c' })]) {
    expect(await tablesOf(tenant)).toEqual(['items', 'marked']);
    const { rows } = await runWithTenant(await registry.get(tenant.slug), () =>
      tenancy.connections.pool.query('select id, color from items order by id'),
    );
    expect(rows).toEqual([
      { id: 1, color: 'red' },
      { id: 2, color: 'blue' },
    ]);
  }
});

it('keeps nothing of one that fails, and goes on there', async () => {
  const { tenants, registry, again } = await over({
    '0001_items': CREATE,
    '0002_fails': {
      async up(db) {
        await db.schema.createTable('half').addColumn('id', 'integer').execute();
        throw new Error('half way');
      },
    },
  });
  await expect(tenants.create({ slug: 'a' })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    migration: '0002_fails',
  });
  const tenant = await registry.get('a');
  expect(await tablesOf(tenant)).toEqual(['items']);
  await again({ '0001_items': CREATE, '0002_fails': ADD }).tenants.create({ slug: 'a' });
});

it.each<[string, Migration['up']]>([
  ['begin one', (db) => db.transaction().execute(() => Promise.resolve())],
  ['begin one by hand', async (db) => void (await db.startTransaction().execute())],
  ['commit', async (db) => void (await sql`commit`.execute(db))],
  [
    'commit on a connection',
    (db) => db.connection().execute(async (one) => void (await sql`commit`.execute(one))),
  ],
])('may not %s: what came after would have no row in the ledger', async (_, up) => {
  const { tenants, registry } = await over({ '0001_items': CREATE, '0002_ends': { up } });
  await expect(tenants.create({ slug: 'a' })).rejects.toMatchObject({
    code: 'MIGRATION_FAILED',
    cause: { code: 'STATEMENT_UNSUPPORTED' },
  });
  expect((await registry.get('a')).status).toBe('provisioning');
  expect(tenancy.connections.getActiveCount()).toBe(0);
});

it('may send several statements at once, on the one connection that it has', async () => {
  const { tenants } = await over({
    '0001_many': {
      up: (db) =>
        Promise.all(
          ['a', 'b', 'c'].map((name) =>
            db.schema.createTable(name).addColumn('id', 'integer').execute(),
          ),
        ).then(() => undefined),
    },
  });
  expect(await tablesOf(await tenants.create({ slug: 'a' }))).toEqual(['a', 'b', 'c']);
});

it('sends nothing once it has ended, whatever was not awaited', async () => {
  const late: Promise<unknown>[] = [];
  const create = (db: Kysely<unknown>, name: string) =>
    db.schema.createTable(name).addColumn('id', 'integer').execute();
  const { tenants, registry } = await over({
    '0001_fails': {
      async up(db) {
        late.push(
          create(db, 'a'),
          sql`select nonsense`.execute(db),
          create(db, 'b'),
          create(db, 'c'),
        );
        await late[1];
      },
    },
  });
  await expect(tenants.create({ slug: 'a' })).rejects.toMatchObject({ code: 'MIGRATION_FAILED' });
  await Promise.allSettled(late);
  expect(await tablesOf(await registry.get('a'))).toEqual([]);
  const forgets = await over({
    '0001_forgets': {
      up(db) {
        late.push(delay(100).then(() => create(db, 'forgotten')));
        return Promise.resolve();
      },
    },
  });
  const tenant = await forgets.tenants.create({ slug: 'a' });
  await expect(late.at(-1)).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
  expect(await tablesOf(tenant)).toEqual([]);
  expect(await tablesOf({ schema: 'public' })).toEqual([]);
});

it('has the plugins of the application', async () => {
  const { tenants } = await over(
    {
      '0001_items': {
        up: (db) => db.schema.createTable('lineItems').addColumn('id', 'integer').execute(),
      },
    },
    { plugins: [new CamelCasePlugin()] },
  );
  expect(await tablesOf(await tenants.create({ slug: 'a' }))).toEqual(['line_items']);
});

it('takes Kysely’s own provider of files', async () => {
  const migrationFolder = await mkdtemp(path.join(tmpdir(), 'mt-kysely-'));
  await writeFile(
    path.join(migrationFolder, '0001_items.js'),
    `exports.up = (db) => db.schema.createTable('items').addColumn('id', 'integer').execute();`,
  );
  const provider = new FileMigrationProvider({ fs, path, migrationFolder });
  const source = kyselyMigrations(tenancy.connections, provider);
  expect((await source.load()).map(({ name }) => name)).toEqual(['0001_items']);
  await rm(migrationFolder, { recursive: true });
});

it('is the way for tenants: Kysely’s Migrator is refused', async () => {
  const { tenants, again } = await over({});
  const tenant = await tenants.create({ slug: 'a' });
  const db = new Kysely<unknown>({
    dialect: new PostgresDialect({ pool: tenancy.connections.pool }),
  });
  const provider = { getMigrations: () => Promise.resolve({ '0001_items': CREATE }) };
  const migrator = new KyselyMigrator({ db, provider });
  const { error } = await runWithTenant(tenant, () => migrator.migrateToLatest());
  expect(error).toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
  expect(await tablesOf(tenant)).not.toContain('items');
  expect(await withoutTenant(() => migrator.migrateToLatest())).toMatchObject({
    error: expect.anything() as unknown,
  });

  expect(await again({ '0001_items': CREATE }).migrator.migrate()).toMatchObject({ applied: 1 });
  expect(await tablesOf(tenant)).toContain('items');
});
