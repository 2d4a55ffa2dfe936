import { rmSync } from 'node:fs';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  UnsupportedStatementError,
  withoutTenant,
  type ConnectionManagerOptions,
} from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createLogins } from '@mt/runtime/embedded';
import { eq } from 'drizzle-orm';
import { useDatabase } from '../support/database';
import { Project } from './drizzle/project';
import * as schema from './drizzle/shared-schema';

type Isolation = NonNullable<ConnectionManagerOptions['isolation']>;

const project = new Project('shared-schema.ts');
afterAll(() => rmSync(project.directory, { recursive: true }));
beforeAll(() => project.generate('first'));

const opened: ConnectionManager[] = [];
afterAll(() => Promise.all(opened.map((connections) => connections.close())));

async function start(
  options: Pick<ConnectionManagerOptions, 'connectionString' | 'isolation' | 'sharedSchemas'>,
) {
  const connections = new ConnectionManager(options);
  opened.push(connections);
  const registry = new TenantRegistry(connections);
  await registry.setup();
  const source = sqlMigrations(connections, { directory: project.migrations });
  const migrator = new Migrator(connections, registry, source);
  return { connections, migrator, tenants: new Tenants(registry, migrator) };
}

describe.each<Isolation>(['schema', 'role'])('tables that tenants share, by %s', (isolation) => {
  const database = useDatabase();

  it('are made once by what drizzle-kit writes beside the tenants’', async () => {
    const { connectionString } = database;
    const login =
      isolation === 'role' ? await createLogins(connectionString) : { connectionString };
    const options = { ...login, isolation, sharedSchemas: ['shared'] };
    const first = await start(options);
    const tenants = [
      await first.tenants.create({ slug: 'a' }),
      await first.tenants.create({ slug: 'b' }),
    ];

    // Each time a change of both kinds.
    if (isolation === 'schema') {
      project.edit(
        ["['eu', 'other']", "['eu', 'other', 'none']"],
        ['name: text().notNull(),', "name: text().notNull(),\n    capital: text().default(''),"],
        [
          "area: areas().notNull().default('eu'),\n  country",
          "area: areas().notNull().default('none'),\n  country",
        ],
      );
      expect(await project.generate('second')).toContain('second.sql');
      expect(await project.generate('third')).toContain('No schema changes');
    }
    const { connections, migrator } = await start(options);
    await migrator.migrate();
    expect(await migrator.pendingShared()).toEqual([]);
    expect(await migrator.status()).toEqual([]);
    const { shared, applied, failed } = await migrator.migrate();
    expect({ shared, applied, failed }).toEqual({
      shared: { applied: [], remaining: [] },
      applied: 0,
      failed: [],
    });

    const db = createTenantDatabase(connections, { schema });
    await withoutTenant(() => db.insert(schema.countries).values({ code: 'fr', name: 'France' }));
    for (const tenant of tenants) {
      await runWithTenant(tenant, async () => {
        await db.insert(schema.offices).values({ country: 'fr' });
        expect(
          await db
            .select({ id: schema.offices.id, country: schema.countries.name })
            .from(schema.offices)
            .innerJoin(schema.countries, eq(schema.offices.country, schema.countries.code)),
        ).toEqual([{ id: 1, country: 'France' }]);
        expect(await db.select().from(schema.european)).toEqual([{ code: 'fr' }]);
        await expect(db.insert(schema.offices).values({ country: 'xx' })).rejects.toThrow();
        await expect(
          db.insert(schema.countries).values({ code: 'xx', name: 'X' }),
        ).rejects.toMatchObject({ cause: expect.any(UnsupportedStatementError) as Error });
      });
    }
    expect(
      await database.query(
        `select schemaname, count(*)::int from pg_tables
         where tablename in ('countries', 'regions') group by 1`,
      ),
    ).toEqual([{ schemaname: 'shared', count: 2 }]);
  });

  it('are refused where the schema is not declared: each tenant would make them', async () => {
    const { tenants } = await start({ connectionString: database.connectionString });
    await expect(tenants.create({ slug: 'undeclared' })).rejects.toMatchObject({
      code: 'STATEMENT_UNSUPPORTED',
      remedy: expect.stringContaining('sharedSchemas') as string,
    });
  });
});
