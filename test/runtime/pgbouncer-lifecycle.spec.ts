import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type MigrationSource,
} from '@mt/runtime';
import { typeormMigrations } from '@mt/runtime/typeorm';
import { describeWithPgBouncer, usePgBouncer } from '../support/pgbouncer.js';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 4 });

const CREATE = 'create table "$tenant"."items" ("id" integer, "owner" text)';
const ALTER = 'alter table "$tenant"."items" add column "color" text';

class CreateItems1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(CREATE);
  }
  async down(): Promise<void> {}
}

class AddColor1700000000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ALTER);
  }
  async down(): Promise<void> {}
}

/** The first so many migrations. */
type Source = (connections: ConnectionManager, count: number) => Promise<MigrationSource>;

const SOURCES: Record<string, Source> = {
  async sql(connections, count) {
    const directory = join(tenancy.directory, `first-${count}`);
    await mkdir(directory, { recursive: true });
    for (const [index, text] of [CREATE, ALTER].slice(0, count).entries()) {
      await writeFile(join(directory, `000${index}_m.sql`), text);
    }
    return sqlMigrations(connections, { directory });
  },
  typeorm: (connections, count) =>
    Promise.resolve(
      typeormMigrations(
        connections,
        [CreateItems1700000000000, AddColor1700000000001].slice(0, count),
      ) as unknown as MigrationSource,
    ),
};

/** A registry and a migrator over these connections, for the first so many migrations. */
async function parts(kind: string, connections: ConnectionManager, count: number) {
  const source = await (SOURCES[kind] as Source)(connections, count);
  const registry = new TenantRegistry(connections, {
    controlSchema: `control_${kind}`,
    schemaPrefix: `${kind}_`,
    cacheTtlMs: 0,
  });
  const migrator = new Migrator(connections, registry, source);
  return { registry, migrator, tenants: new Tenants(registry, migrator) };
}

const SLUGS = ['a', 'b', 'c', 'd'];
const INSERT = 'insert into "$tenant"."items" ("owner", "color") values ($1, $2)';

describeWithPgBouncer.each(Object.keys(SOURCES))(
  'behind PgBouncer in transaction mode, with migrations from %s',
  (kind) => {
    const one = usePgBouncer(tenancy.database, { poolMode: 'transaction', serverConnections: 1 });
    const impatient = usePgBouncer(tenancy.database, {
      poolMode: 'transaction',
      serverConnections: 1,
      settings: { query_wait_timeout: 1 },
    });
    const two = usePgBouncer(tenancy.database, { poolMode: 'transaction', serverConnections: 2 });
    let throughOne: ConnectionManager;
    let throughTwo: ConnectionManager;

    beforeAll(() => {
      throughOne = new ConnectionManager({ connectionString: one.connectionString, max: 4 });
      throughTwo = new ConnectionManager({ connectionString: two.connectionString, max: 4 });
    });
    afterAll(() => Promise.all([throughOne.close(), throughTwo.close()]));

    it('one server connection creates tenants, several at once, and serves them', async () => {
      const { registry, migrator, tenants } = await parts(kind, throughOne, 1);
      await Promise.all([registry.setup(), registry.setup()]);
      await Promise.all(SLUGS.map((slug) => tenants.create({ slug })));

      expect((await registry.list()).map(({ slug, status }) => [slug, status])).toEqual(
        SLUGS.map((slug) => [slug, 'active']),
      );
      expect(await migrator.status()).toEqual([]);
      await tenants.suspend('a');
      await expect(registry.getActive('a')).rejects.toThrow('suspended');
      await tenants.resume('a');
      await tenants.run('a', () =>
        throughOne.pool.query('insert into items (id, owner) values (1, $1)', ['a']),
      );
      const rows = await tenancy.database.query(`select owner from ${kind}_a.items`);
      expect(rows).toEqual([{ owner: 'a' }]);
    });

    it('a run of migrations needs another one for its lock, and without it touches nobody', async () => {
      const connections = new ConnectionManager({ connectionString: impatient.connectionString });
      const starved = await parts(kind, connections, 2);
      // PgBouncer lets go after its query_wait_timeout: 120 seconds unless it is set.
      await expect(starved.migrator.migrate()).rejects.toMatchObject({
        code: 'CONNECTION_LOST',
        cause: { code: '08P01' },
      });
      await connections.close();
      const { migrator } = await parts(kind, throughOne, 2);
      expect((await migrator.status()).map(({ tenant }) => tenant.slug)).toEqual(SLUGS);
    });

    it('one is enough for a run whose lock goes past the pooler', async () => {
      const connections = new ConnectionManager({
        connectionString: one.connectionString,
        directConnectionString: tenancy.database.connectionString,
        max: 4,
      });
      const { migrator, registry } = await parts(kind, connections, 2);
      const report = await migrator.migrate();

      expect(report).toMatchObject({ total: 4, migrated: 4, failed: [] });
      expect(await migrator.status()).toEqual([]);
      for (const tenant of await registry.list()) {
        await runWithTenant(tenant, () => connections.pool.query(INSERT, [tenant.slug, 'red']));
      }
      await connections.close();
    });

    it('two server connections are enough for a run', async () => {
      const { tenants } = await parts(kind, throughTwo, 1);
      for (const slug of ['e', 'f', 'g']) await tenants.create({ slug });
      const { migrator, registry } = await parts(kind, throughTwo, 2);
      const report = await migrator.migrate();

      expect(report).toMatchObject({ total: 3, migrated: 3, failed: [] });
      for (const tenant of await registry.list()) {
        await runWithTenant(tenant, () => throughTwo.pool.query(INSERT, [tenant.slug, 'blue']));
      }
    });
  },
);
