import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type MigrationSource,
} from '@mt/runtime';
import { typeormMigrations, type MigrationClass } from '@mt/runtime/typeorm';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });
let number = 0;
let registry: TenantRegistry;

beforeEach(async () => {
  registry = new TenantRegistry(tenancy.connections, {
    controlSchema: `control_${++number}`,
    schemaPrefix: `h${number}_`,
  });
  await registry.setup();
});

const over = (source: MigrationSource) => {
  const migrator = new Migrator(tenancy.connections, registry, source);
  return { migrator, tenants: new Tenants(registry, migrator) };
};

const query = async (slug: string, text: string) => {
  const tenant = await registry.get(slug);
  const { rows } = await runWithTenant(tenant, () => tenancy.connections.pool.query(text));
  return rows as unknown[];
};

const ledgerOf = async (slug: string) =>
  (
    await tenancy.database.query<{ name: string }>(
      `select m.name from ${registry.tables.migrations} m
       join ${registry.tables.tenants} t on t.id = tenant_id
       where slug = $1 and m.name <> '$tenant' order by applied_at, m.name`,
      [slug],
    )
  ).map(({ name }) => name);

const CHANGED = (...migrations: string[]) => ({ code: 'MIGRATION_CHANGED', migrations });
const MISSING = (missing: Record<string, string | undefined>) => ({
  code: 'MIGRATION_MISSING',
  missing: new Map(Object.entries(missing)),
});

describe('SQL files', () => {
  let directory: string;
  let migrator: Migrator;
  let tenants: Tenants;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'mt-history-'));
    ({ migrator, tenants } = over(sqlMigrations(tenancy.connections, { directory })));
    await write('0000_items', 'create table "$tenant".items (id int)');
  });
  afterEach(() => rm(directory, { recursive: true }));

  const path = (name: string) => join(directory, `${name}.sql`);
  const write = (name: string, text: string) => writeFile(path(name), text);

  /** What an edit is made for: a migration that does not work for all. */
  async function failForSome(): Promise<void> {
    for (const slug of ['a', 'b', 'c']) await tenants.create({ slug });
    for (const slug of ['b', 'c']) await query(slug, 'insert into items values (1), (1)');
    await write('0001_unique', 'alter table "$tenant".items add unique (id)');
    const { failed, migrated, remaining } = await migrator.migrate({ continueOnError: true });
    expect([failed.map(({ tenant }) => tenant.slug).toSorted(), migrated, remaining]).toEqual([
      ['b', 'c'],
      1,
      2,
    ]);
    // New tenants have nothing that it does not fit.
    await tenants.create({ slug: 'new' });
  }

  const MENDED = `delete from "$tenant".items a using "$tenant".items b where a.ctid < b.ctid and a.id = b.id;
    alter table "$tenant".items add unique (id)`;

  describe('that were edited after they had been applied', () => {
    it('are refused before anybody is touched', async () => {
      await tenants.create({ slug: 'a' });
      await write('0000_items', 'create table "$tenant".items (id bigint)');
      await write('0001_more', 'create table "$tenant".more ()');
      await expect(migrator.migrate()).rejects.toMatchObject(CHANGED('0000_items'));
      await expect(migrator.migrateTenant(await registry.get('a'))).rejects.toMatchObject(
        CHANGED('0000_items'),
      );
      expect(await ledgerOf('a')).toEqual(['0000_items']);
    });

    it('can be put back, as the remedy says', async () => {
      await failForSome();
      await write('0001_unique', MENDED);
      await expect(migrator.migrate()).rejects.toMatchObject({
        ...CHANGED('0001_unique'),
        remedy: expect.stringMatching(
          /^Put the old text back, and write a new migration/,
        ) as string,
      });
      await write('0001_unique', 'alter table "$tenant".items add unique (id)');
      for (const slug of ['b', 'c']) await query(slug, 'delete from items');
      expect(await migrator.migrate()).toMatchObject({ migrated: 2, failed: [], remaining: 0 });
    });

    it('can be accepted, as it says too: those that lack it get the new text', async () => {
      await failForSome();
      await write('0001_unique', MENDED);
      await expect(migrator.migrate()).rejects.toMatchObject({
        remedy: expect.stringContaining('--accept-changed 0001_unique') as string,
      });
      expect(await migrator.migrate({ acceptChanged: ['0001_unique'] })).toEqual({
        total: 2,
        migrated: 2,
        applied: 2,
        failed: [],
        remaining: 0,
        missing: [],
        accepted: [{ migration: '0001_unique', tenants: 2 }],
      });
      expect(await query('b', 'select id from items')).toEqual([{ id: 1 }]);

      // It is recorded: nobody has to say it again, and saying it again does no harm.
      expect(await migrator.migrate()).toMatchObject({ total: 0, accepted: [] });
      expect(await migrator.migrate({ acceptChanged: ['0001_unique'] })).toMatchObject({
        accepted: [{ migration: '0001_unique', tenants: 0 }],
      });
      await tenants.create({ slug: 'newer' });
      expect(await migrator.migrate()).toMatchObject({ total: 0 });
    });

    it('are accepted with one text, and no other', async () => {
      await failForSome();
      await write('0001_unique', MENDED);
      await migrator.migrate({ acceptChanged: ['0001_unique'] });
      await write('0001_unique', `${MENDED}; select 1`);
      await expect(migrator.migrate()).rejects.toMatchObject(CHANGED('0001_unique'));
      await write('0001_unique', 'alter table "$tenant".items add unique (id)');
      await expect(migrator.migrate()).rejects.toMatchObject(CHANGED('0001_unique'));
      await migrator.migrate({ acceptChanged: ['0001_unique'] });
      expect(await migrator.migrate()).toMatchObject({ total: 0 });
    });

    it('are not accepted along with another', async () => {
      await tenants.create({ slug: 'a' });
      await write('0001_more', 'select 1');
      await migrator.migrate();
      await write('0000_items', 'select 1');
      await write('0001_more', 'select 2');
      await expect(migrator.migrate()).rejects.toMatchObject(CHANGED('0000_items', '0001_more'));
      await expect(migrator.migrate({ acceptChanged: ['0001_more'] })).rejects.toMatchObject(
        CHANGED('0000_items'),
      );
    });

    it('are accepted by a name that there is', async () => {
      await expect(migrator.migrate({ acceptChanged: ['0001_typo'] })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining('0001_typo') as string,
      });
    });
  });

  describe('that were renamed after they had been applied', () => {
    beforeEach(async () => {
      await write('0001_color', 'alter table "$tenant".items add color text');
      await tenants.create({ slug: 'a' });
      await rename(path('0001_color'), path('0002_color'));
    });

    it('are not run again: that is refused, and names both', async () => {
      await expect(migrator.migrate()).rejects.toMatchObject({
        ...MISSING({ '0001_color': '0002_color' }),
        message: expect.stringContaining('0001_color (now 0002_color)') as string,
      });
      await expect(migrator.migrateTenant(await registry.get('a'))).rejects.toMatchObject(
        MISSING({ '0001_color': '0002_color' }),
      );
      expect(await ledgerOf('a')).toEqual(['0000_items', '0001_color']);
    });

    it('can be named back', async () => {
      await rename(path('0002_color'), path('0001_color'));
      expect(await migrator.migrate()).toMatchObject({ total: 0, missing: [] });
    });

    it('can keep the new name, which the ledger then has', async () => {
      await write('0003_more', 'create table "$tenant".more ()');
      const report = await migrator.migrate({ acceptRenamed: { '0001_color': '0002_color' } });
      expect(report).toMatchObject({
        migrated: 1,
        applied: 1,
        remaining: 0,
        missing: [],
        accepted: [{ migration: '0002_color', tenants: 1 }],
      });
      expect(await ledgerOf('a')).toEqual(['0000_items', '0002_color', '0003_more']);
      const again = await migrator.migrate({ acceptRenamed: { '0001_color': '0002_color' } });
      expect(again).toMatchObject({
        total: 0,
        accepted: [{ migration: '0002_color', tenants: 0 }],
      });
    });

    it('are known as edited as well, where they were', async () => {
      await write('0002_color', 'alter table "$tenant".items add colour text');
      const acceptRenamed = { '0001_color': '0002_color' };
      await expect(migrator.migrate()).rejects.toMatchObject(MISSING({ '0001_color': undefined }));
      await expect(migrator.migrate({ acceptRenamed })).rejects.toMatchObject(
        CHANGED('0002_color'),
      );
      await expect(
        migrator.migrate({ acceptRenamed, acceptChanged: ['0002_color'] }),
      ).resolves.toMatchObject({ applied: 0, remaining: 0 });
    });

    it('are one also for tenants that had it twice', async () => {
      await tenancy.database.query(
        `insert into ${registry.tables.migrations} (tenant_id, name, checksum, duration_ms)
         select tenant_id, '0002_color', checksum, 0 from ${registry.tables.migrations}
         where name = '0001_color'`,
      );
      await migrator.migrate({ acceptRenamed: { '0001_color': '0002_color' } });
      expect(await ledgerOf('a')).toEqual(['0000_items', '0002_color']);
    });

    it.each([
      [{ acceptRenamed: { '0001_color': '0009_typo' } }, '0009_typo'],
      [{ acceptRenamed: { '0000_items': '0002_color' } }, '0000_items'],
      [{ acceptMissing: ['0002_color'] }, '0002_color'],
    ])('are not taken for others: %j', async (options, name) => {
      await expect(migrator.migrate(options)).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        message: expect.stringContaining(name) as string,
      });
      expect(await ledgerOf('a')).toEqual(['0000_items', '0001_color']);
    });
  });

  describe('that were deleted after they had been applied', () => {
    beforeEach(async () => {
      await write('0001_color', 'alter table "$tenant".items add color text');
      await tenants.create({ slug: 'a' });
      await rm(path('0001_color'));
    });

    it('are told where nothing is to be done, as after going back to an older version', async () => {
      expect(await migrator.migrate()).toMatchObject({ total: 0, missing: ['0001_color'] });
      expect(await migrator.migrateTenant(await registry.get('a'))).toEqual([]);
      // That version goes on to create tenants, which the newer one then migrates.
      await tenants.create({ slug: 'b' });
      await write('0001_color', 'alter table "$tenant".items add color text');
      expect(await migrator.migrate()).toMatchObject({ migrated: 1, missing: [], remaining: 0 });
    });

    it('are refused where others would be applied on top of what is not known', async () => {
      await write('0002_more', 'create table "$tenant".more ()');
      await expect(migrator.migrate()).rejects.toMatchObject({
        ...MISSING({ '0001_color': undefined }),
        remedy: expect.stringContaining('--accept-missing 0001_color') as string,
      });
      expect(await ledgerOf('a')).toEqual(['0000_items', '0001_color']);
      await write('0001_color', 'alter table "$tenant".items add color text');
      expect(await migrator.migrate()).toMatchObject({ migrated: 1, applied: 1 });
    });

    it('can be accepted: what they made stays, and they are missed no more', async () => {
      await write('0002_more', 'create table "$tenant".more ()');
      expect(await migrator.migrate({ acceptMissing: ['0001_color'] })).toMatchObject({
        applied: 1,
        missing: [],
        accepted: [{ migration: '0001_color', tenants: 1 }],
      });
      await write('0003_more', 'create table "$tenant".further ()');
      expect(await migrator.migrate()).toMatchObject({ applied: 1, missing: [] });
      // Should it come back, whoever had it does not get it again.
      await write('0001_color', 'alter table "$tenant".items add color text');
      expect(await migrator.migrate()).toMatchObject({ total: 0, missing: [] });
      expect(await migrator.migrate({ acceptMissing: ['0009_never'] })).toMatchObject({
        accepted: [{ migration: '0009_never', tenants: 0 }],
      });
    });

    it('are not taken for another of the same text that tenants have as well', async () => {
      await write('0001_color', 'alter table "$tenant".items add color text');
      await write('0002_refresh', 'update "$tenant".items set id = id + 1');
      await write('0003_refresh', 'update "$tenant".items set id = id + 1');
      await migrator.migrate();
      await rm(path('0002_refresh'));
      await write('0004_more', 'select 1');
      await expect(migrator.migrate()).rejects.toMatchObject(
        MISSING({ '0002_refresh': undefined }),
      );
    });
  });
});

describe('TypeORM’s classes', () => {
  const step = (name: string, text: string): MigrationClass =>
    class implements MigrationInterface {
      readonly name = name;
      up(runner: QueryRunner): Promise<void> {
        return runner.query(text);
      }
      async down(): Promise<void> {}
    };
  const overClasses = (...classes: MigrationClass[]) =>
    over(typeormMigrations(tenancy.connections, classes));

  const items = step('Items1700000000000', 'create table "$tenant"."items" ("id" integer)');
  const color = step('Color1700000000001', 'alter table "$tenant"."items" add "color" text');
  const colour = step('Colour1700000000001', 'alter table "$tenant"."items" add "color" text');
  const more = step('More1700000000002', 'create table "$tenant"."more" ()');

  it('that were renamed are not run again: that is refused, and the ledger can follow', async () => {
    await overClasses(items, color).tenants.create({ slug: 'a' });
    const { migrator } = overClasses(items, colour);
    await expect(migrator.migrate()).rejects.toMatchObject(
      MISSING({ Color1700000000001: undefined }),
    );
    const acceptRenamed = { Color1700000000001: 'Colour1700000000001' };
    expect(await migrator.migrate({ acceptRenamed })).toMatchObject({ applied: 0, remaining: 0 });
    expect(await ledgerOf('a')).toEqual(['Items1700000000000', 'Colour1700000000001']);
  });

  it('that were deleted are told, or refused where others would be applied', async () => {
    await overClasses(items, color).tenants.create({ slug: 'a' });
    expect(await overClasses(items).migrator.migrate()).toMatchObject({
      total: 0,
      missing: ['Color1700000000001'],
    });
    const { migrator } = overClasses(items, more);
    await expect(migrator.migrate()).rejects.toMatchObject({ code: 'MIGRATION_MISSING' });
    expect(await migrator.migrate({ acceptMissing: ['Color1700000000001'] })).toMatchObject({
      applied: 1,
      missing: [],
    });
  });

  it('have no text by which an edit is known, so there is nothing to accept', async () => {
    await overClasses(items).tenants.create({ slug: 'a' });
    const edited = step('Items1700000000000', 'select 1');
    expect(
      await overClasses(edited).migrator.migrate({ acceptChanged: ['Items1700000000000'] }),
    ).toMatchObject({ accepted: [{ migration: 'Items1700000000000', tenants: 0 }] });
  });
});
