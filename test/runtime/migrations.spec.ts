import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  ConfigurationError,
  MigrationChangedError,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type MigrationSource,
  type Tenant,
} from '@mt/runtime';
import { typeormMigrations } from '@mt/runtime/typeorm';
import { useTenancy } from '../support/tenancy.js';

class CreateItems1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table "$tenant"."items" ("id" integer, "owner" text)');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table "$tenant"."items"');
  }
}

class AddColor1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table "$tenant"."items" add column "color" text');
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table "$tenant"."items" drop column "color"');
  }
}

class Fails1700000000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table "$tenant"."half" ("id" integer)');
    // One tenant’s data does not allow what the others’ does.
    await runner.query(`select 1 / (count(*) - 1) from "$tenant"."items"`);
  }
  async down(): Promise<void> {}
}

const tenancy = useTenancy(
  { max: 4 },
  'create table "$tenant"."items" ("id" integer, "owner" text)',
);

const SOURCES: Record<string, (count: number) => Promise<MigrationSource>> = {
  async sql(count) {
    const directory = await mkdtemp(join(tmpdir(), 'mt-sql-'));
    const texts = [
      'CREATE SCHEMA "$tenant";\n--> statement-breakpoint\ncreate table "$tenant"."items" ("id" integer, "owner" text);',
      'alter table "$tenant"."items" add column "color" text;',
      'create table "$tenant"."half" ("id" integer);\nselect 1 / (count(*) - 1) from "$tenant"."items";',
    ];
    for (const [index, text] of texts.slice(0, count).entries()) {
      await writeFile(join(directory, `000${index}_m.sql`), text);
    }
    return sqlMigrations(tenancy.connections, { directory });
  },
  typeorm: (count) =>
    Promise.resolve(
      typeormMigrations(
        tenancy.connections,
        // In another order than their time stamps.
        [CreateItems1700000000000, AddColor1700000000001, Fails1700000000002]
          .slice(0, count)
          .toReversed(),
      ) as unknown as MigrationSource,
    ),
};

describe.each(Object.keys(SOURCES))('migrations from %s', (kind) => {
  let registry: TenantRegistry;
  let all: Tenant[];

  const migrator = async (count: number) => {
    const source = await (SOURCES[kind] as (count: number) => Promise<MigrationSource>)(count);
    return new Migrator(tenancy.connections, registry, source, { concurrency: 2 });
  };

  const columns = async ({ schema }: Tenant) =>
    (
      await tenancy.database.query<{ name: string }>(
        `select table_name || '.' || column_name as name from information_schema.columns
         where table_schema = $1 order by 1`,
        [schema],
      )
    ).map(({ name }) => name);

  beforeAll(async () => {
    registry = new TenantRegistry(tenancy.connections, {
      controlSchema: `control_${kind}`,
      schemaPrefix: `${kind}_`,
    });
    await registry.setup();
    const tenants = new Tenants(registry, await migrator(1));
    all = [];
    for (const slug of ['a', 'b', 'c', 'd']) all.push(await tenants.create({ slug }));
  });

  it('build a tenant when it is created', async () => {
    for (const tenant of all) expect(await columns(tenant)).toEqual(['items.id', 'items.owner']);
  });

  it('tell what is pending, bring every tenant up to date, and then have nothing to do', async () => {
    const second = await migrator(2);
    const pending = await second.status();
    expect(pending.map(({ tenant }) => tenant.slug)).toEqual(['a', 'b', 'c', 'd']);
    expect(pending[0]?.pending).toHaveLength(1);

    const seen: string[] = [];
    const report = await second.migrate({
      onProgress: ({ tenant, applied }) => seen.push(`${tenant.slug}:${applied.length}`),
    });
    expect(report).toEqual({
      total: 4,
      migrated: 4,
      applied: 4,
      failed: [],
      remaining: 0,
      missing: [],
      accepted: [],
    });
    expect(seen.toSorted()).toEqual(['a:1', 'b:1', 'c:1', 'd:1']);
    for (const tenant of all) expect(await columns(tenant)).toContain('items.color');
    expect(await second.status()).toEqual([]);
    expect((await second.migrate()).total).toBe(0);
  });

  it('apply each migration once, however many runs there are at once', async () => {
    const fresh = await new Tenants(registry, await migrator(1)).create({ slug: 'late' });
    all.push(fresh);
    const runs = await Promise.all(
      Array.from({ length: 4 }, async () => (await migrator(2)).migrate()),
    );
    expect(runs.reduce((sum, { applied }) => sum + applied, 0)).toBe(1);
  });

  it('leave a tenant as it was where one fails, and the rest as asked', async () => {
    const [, b] = all as [Tenant, Tenant];
    await runWithTenant(b, () =>
      tenancy.connections.pool.query('insert into items (id) values (1)'),
    );
    const third = await migrator(3);

    const stopped = await third.migrate({ concurrency: 1 });
    expect(stopped.failed.map(({ tenant }) => tenant.slug)).toEqual(['b']);
    expect(stopped.failed[0]?.error).toMatchObject({ code: 'MIGRATION_FAILED', tenant: 'b' });
    expect(stopped.migrated).toBeLessThan(all.length - 1);
    expect(stopped.remaining).toBe(all.length - stopped.migrated);
    expect(await columns(b)).not.toContain('half.id');

    const went = await third.migrate({ continueOnError: true });
    expect(went.failed.map(({ tenant }) => tenant.slug)).toEqual(['b']);
    expect(went.remaining).toBe(1);
    expect((await third.status()).map(({ tenant }) => tenant.slug)).toEqual(['b']);

    await runWithTenant(b, () => tenancy.connections.pool.query('delete from items'));
    expect(await third.migrate()).toMatchObject({ total: 1, migrated: 1, failed: [] });
    expect(await columns(b)).toContain('half.id');
  });

  it('are not disturbed by a listener that throws', async () => {
    await new Tenants(registry, await migrator(1)).create({ slug: 'last' });
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const report = await (
      await migrator(3)
    ).migrate({
      onProgress() {
        throw new Error('listener');
      },
    });
    expect(report).toMatchObject({ migrated: 1, failed: [] });
    expect(warned).toHaveBeenCalled();
    warned.mockRestore();
  });

  it('stop taking up tenants when asked to', async () => {
    await new Tenants(registry, await migrator(1)).create({ slug: 'left' });
    const report = await (await migrator(3)).migrate({ signal: AbortSignal.abort() });
    expect(report).toEqual({
      total: 1,
      migrated: 0,
      applied: 0,
      failed: [],
      remaining: 1,
      missing: [],
      accepted: [],
    });
  });
});

class Commits1700000000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.startTransaction();
    await runner.query('create table "$tenant"."kept" ("id" integer)');
    await runner.commitTransaction();
    await runner.commitTransaction();
  }
  async down(): Promise<void> {}
}

class CommitsByText1700000000004 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('COMMIT');
  }
  async down(): Promise<void> {}
}

describe('TypeORM’s classes', () => {
  it.each([Commits1700000000003, CommitsByText1700000000004])(
    'may not end the transaction they are in: %p',
    async (migration) => {
      const source = typeormMigrations(tenancy.connections, [migration]);
      const tenants = new Tenants(
        tenancy.registry,
        new Migrator(tenancy.connections, tenancy.registry, source),
      );
      await expect(tenants.create({ slug: 'committed' })).rejects.toThrow('may not begin or end');
      expect(
        await tenancy.database.query(
          `select 1 from pg_tables where schemaname = 'tenant_committed'`,
        ),
      ).toEqual([]);
      await expect(tenancy.registry.getActive('committed')).rejects.toThrow('provisioning');
    },
  );

  it('are each a transaction, whatever they ask for', () => {
    class Outside1700000000005 extends Commits1700000000003 {
      readonly transaction = false;
    }
    class Inside1700000000006 extends Commits1700000000003 {
      readonly transaction = true;
    }
    expect(() => typeormMigrations(tenancy.connections, [Outside1700000000005])).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION_INVALID',
        remedy: expect.any(String) as string,
      }) as Error,
    );
    expect(() => typeormMigrations(tenancy.connections, [Inside1700000000006])).not.toThrow();
  });

  it('need the time stamp that puts them in order', () => {
    class NoTimestamp implements MigrationInterface {
      async up(): Promise<void> {}
      async down(): Promise<void> {}
    }
    expect(() => typeormMigrations(tenancy.connections, [NoTimestamp])).toThrow(ConfigurationError);
  });
});

describe('SQL files', () => {
  it('leave nothing on the connection, and each runs in the tenant’s schema', async () => {
    await tenancy.migration(
      '0001_a',
      `select set_config('search_path', '', false); set lock_timeout = '2s'; create table "$tenant".a (id int)`,
    );
    await tenancy.migration('0001_b', 'create table b (id int)');
    await tenancy.tenants.create({ slug: 'clean' });
    expect(
      await tenancy.database.query(
        `select tablename from pg_tables where schemaname = 'tenant_clean' order by 1`,
      ),
    ).toEqual([{ tablename: 'a' }, { tablename: 'b' }, { tablename: 'items' }]);
    for (let n = 0; n < 6; n++) {
      const { rows } = await tenancy.connections.unscopedQuery('show lock_timeout');
      expect(rows).toEqual([{ lock_timeout: '0' }]);
    }
  });

  it('are known by their text: an edit after they were applied is an error', async () => {
    await tenancy.tenants.create({ slug: 'edited' });
    await tenancy.migration('0000_items', 'create table "$tenant"."items" ("id" bigint)');
    await expect(tenancy.migrator.migrate()).rejects.toThrow(MigrationChangedError);
    await tenancy.migration(
      '0000_items',
      'create table "$tenant"."items" ("id" integer, "owner" text)',
    );
    await tenancy.migrator.migrate();
  });

  it('may not begin or end transactions', async () => {
    await tenancy.migration('0002_commit', 'commit; create table "$tenant".x (id int)');
    await expect(tenancy.migrator.migrate()).rejects.toThrow(ConfigurationError);
    await tenancy.migration('0002_commit', 'create table "$tenant".x (id int)');
  });

  it('are not half applied where the process is killed in the middle', async () => {
    for (let n = 0; n < 30; n++) await tenancy.tenants.create({ slug: `killed-${n}` });
    await tenancy.migration(
      '0003_slow',
      'create table "$tenant".first (id int); select pg_sleep(0.05); create table "$tenant".last (id int)',
    );
    const child = fork(join(__dirname, '../support/migrate-process.cjs'), [
      tenancy.database.connectionString,
      tenancy.directory,
    ]);
    await once(child, 'message');
    child.kill('SIGKILL');
    await once(child, 'exit');

    const half = `select count(*)::int as count from pg_namespace n
      where (select count(*) from pg_class c where c.relnamespace = n.oid and c.relname in ('first', 'last')) = 1`;
    const behind = await tenancy.migrator.status();
    expect(behind.length).toBeGreaterThan(0);
    expect(behind.length).toBeLessThan(30);
    expect(await tenancy.database.query(half)).toEqual([{ count: 0 }]);

    const report = await tenancy.migrator.migrate();
    expect(report).toMatchObject({ total: behind.length, migrated: behind.length, failed: [] });
    expect(await tenancy.database.query(half)).toEqual([{ count: 0 }]);
  });
});
