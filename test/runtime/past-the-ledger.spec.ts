import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource, TenantDataSource } from '@mt/runtime/typeorm';
import {
  ConfigurationError,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  withoutTenant,
  type Tenant,
} from '@mt/runtime';
import { drizzle } from 'drizzle-orm/node-postgres';
import { migrate } from 'drizzle-orm/node-postgres/migrator';
import { MigrationExecutor, type MigrationInterface, type QueryRunner } from 'typeorm';
import { Item } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

const REFUSED = { code: 'STATEMENT_UNSUPPORTED', remedy: expect.any(String) as string };

const objects = () =>
  tenancy.database.query(
    `select nspname || '.' || coalesce(relname, '') as name
     from pg_namespace n left join pg_class c on relnamespace = n.oid and relkind = 'r'
     where nspname !~ '^(pg_|information_schema)' order by 1`,
  );

describe('of a TypeORM DataSource', () => {
  class AddColor1700000000001 implements MigrationInterface {
    up(runner: QueryRunner): Promise<void> {
      return runner.query('alter table "$tenant"."items" add column "color" text');
    }
    async down(): Promise<void> {}
  }
  let dataSource: TenantDataSource;

  beforeAll(async () => {
    dataSource = createTenantDataSource(tenancy.connections, {
      entities: [Item],
      migrations: [AddColor1700000000001],
    });
    await dataSource.initialize();
  });
  afterAll(() => dataSource.destroy());

  const onRunner = async (work: (runner: QueryRunner) => Promise<unknown>) => {
    const runner = dataSource.createQueryRunner();
    try {
      await work(runner);
    } finally {
      await runner.release();
    }
  };

  it.each<[string, () => Promise<unknown>]>([
    ['synchronize()', () => dataSource.synchronize()],
    ['synchronize(true)', () => dataSource.synchronize(true)],
    ['dropDatabase()', () => dataSource.dropDatabase()],
    ['runMigrations()', () => dataSource.runMigrations({ transaction: 'each' })],
    ['undoLastMigration()', () => dataSource.undoLastMigration()],
    ['showMigrations()', () => dataSource.showMigrations()],
    ['the schema builder', async () => dataSource.driver.createSchemaBuilder().build()],
    ['clearDatabase()', () => onRunner((runner) => runner.clearDatabase())],
    ['createDatabase()', () => onRunner((runner) => runner.createDatabase('x'))],
    ['dropDatabase()', () => onRunner((runner) => runner.dropDatabase('x'))],
    ['createSchema()', () => onRunner((runner) => runner.createSchema('x'))],
    ['dropSchema()', () => onRunner((runner) => runner.dropSchema(acme.schema, false, true))],
    [
      'dropSchema() of a transaction',
      () =>
        dataSource.transaction(async ({ queryRunner }) =>
          queryRunner?.dropSchema('$tenant', true, true),
        ),
    ],
  ])('%s is refused, with a tenant and without', async (_, call) => {
    const before = await objects();
    await expect(runWithTenant(acme, call)).rejects.toMatchObject(REFUSED);
    await expect(withoutTenant(call)).rejects.toMatchObject(REFUSED);
    expect(await objects()).toEqual(before);
  });

  it('TypeORM’s own executor migrates nobody', async () => {
    const executor = new MigrationExecutor(dataSource);
    await expect(
      runWithTenant(acme, () => executor.executePendingMigrations()),
    ).rejects.toMatchObject(REFUSED);
    await expect(
      runWithTenant(acme, () => tenancy.connections.pool.query('select color from items')),
    ).rejects.toMatchObject({ code: '42703' });
    await runWithTenant(acme, () => tenancy.connections.pool.query('drop table migrations'));
  });

  it('options that are set afterwards do not get past it', () => {
    const later = createTenantDataSource(tenancy.connections, { entities: [Item] });
    expect(() => later.setOptions({ dropSchema: true })).toThrow(ConfigurationError);
  });
});

describe('of Drizzle', () => {
  let directory: string;

  beforeAll(async () => {
    // As drizzle-kit writes it.
    directory = await mkdtemp(join(tmpdir(), 'mt-drizzle-'));
    await mkdir(join(directory, 'meta'));
    await writeFile(
      join(directory, '0000_items.sql'),
      'create table "$tenant"."orders" ("id" integer);',
    );
    const entry = { idx: 0, version: '7', when: 1_700_000_000_000, tag: '0000_items' };
    await writeFile(
      join(directory, 'meta', '_journal.json'),
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: [{ ...entry, breakpoints: true }],
      }),
    );
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('migrate() is refused, and the Migrator applies the same files to every tenant', async () => {
    const db = createTenantDatabase(tenancy.connections);
    const before = await objects();
    const config = { migrationsFolder: directory };
    // Nor over Drizzle's own driver, which knows nothing of ours.
    const raw = runWithTenant(acme, () =>
      migrate(drizzle(tenancy.connections.pool as never), config),
    );
    await expect(raw).rejects.toMatchObject({
      cause: { ...REFUSED, remedy: expect.stringContaining('migrator.migrate()') as string },
    });
    for (const run of [
      () => runWithTenant(acme, () => migrate(db, config)),
      () => withoutTenant(() => migrate(db, config)),
      () =>
        runWithTenant(acme, () =>
          db.transaction((tx) => migrate(tx as unknown as typeof db, config)),
        ),
    ]) {
      await expect(run()).rejects.toMatchObject({
        ...REFUSED,
        remedy: expect.stringContaining('sqlMigrations(connections, { directory })') as string,
      });
    }
    expect(await objects()).toEqual(before);

    const registry = new TenantRegistry(tenancy.connections, {
      controlSchema: 'control',
      schemaPrefix: 'drizzle_',
    });
    await registry.setup();
    const source = sqlMigrations(tenancy.connections, { directory });
    const tenants = new Tenants(registry, new Migrator(tenancy.connections, registry, source));
    for (const slug of ['acme', 'globex']) {
      const tenant = await tenants.create({ slug });
      const { rows } = await runWithTenant(tenant, () =>
        tenancy.connections.pool.query('select from orders'),
      );
      expect(rows).toEqual([]);
    }
  });
});
