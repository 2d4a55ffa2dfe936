import { rmSync } from 'node:fs';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createLogins } from '@mt/runtime/embedded';
import { eq, sql } from 'drizzle-orm';
import { useDatabase } from '../support/database';
import { Project } from './drizzle/project';
import * as schema from './drizzle/schema';

type Isolation = NonNullable<ConnectionManagerOptions['isolation']>;

/** What a team does next; drizzle-kit asks nothing of it. */
const EDITS = [
  ["['draft', 'sent', \"it's\"]", "['draft', 'sent', \"it's\", 'paid']"],
  ["High = 'high',", "High = 'high',\n  Higher = 'higher',"],
  ['increment: 10', 'increment: 20'],
  [
    "region: text().notNull().default('eu')",
    "region: varchar({ length: 40 }).notNull().default('us')",
  ],
  ['rank: integer().notNull().default(0)', "rank: bigint({ mode: 'number' })"],
  [
    'title: text().notNull(),',
    "title: text().notNull(),\n    state: statuses().notNull().default('draft'),",
  ],
  ["index('authors_hash').using('hash', table.name),", ''],
  ['index().on(table.rank)', 'index().on(table.rank, table.name)'],
  [
    "unique('authors_region_rank').on(table.region, table.rank)",
    "unique('authors_rank_only').on(table.rank)",
  ],
  ['sql`${table.rank} >= 0`', 'sql`${table.rank} >= -1`'],
  ['using: sql`true`', "using: sql`${table.text} <> 'unseen'`"],
  ['.enableRLS()', ''],
  ['eq(authors.rank, sql`0`)', 'eq(authors.rank, sql`2`)'],
  [
    '/** Made by hand',
    "export const added = tenantSchema.table('added', {\n  author: integer().references(() => authors.id),\n  level: levels().default(Level.High),\n});\n\n/** Made by hand",
  ],
] as const;

const database = useDatabase();
const project = new Project('schema.ts');
afterAll(() => rmSync(project.directory, { recursive: true }));

describe('drizzle-kit over every builder', () => {
  const applications: {
    isolation: Isolation;
    migrator: Migrator;
    tenants: Tenant[];
    connections: ConnectionManager;
  }[] = [];

  beforeAll(async () => {
    await project.generate('first');
    for (const isolation of ['schema', 'role'] as const) {
      const { connectionString } = database;
      const login =
        isolation === 'role' ? await createLogins(connectionString) : { connectionString };
      const connections = new ConnectionManager({ ...login, isolation });
      const registry = new TenantRegistry(connections, { controlSchema: `control_${isolation}` });
      await registry.setup();
      const source = sqlMigrations(connections, { directory: project.migrations });
      const migrator = new Migrator(connections, registry, source);
      const tenants = new Tenants(registry, migrator);
      applications.push({
        isolation,
        connections,
        migrator,
        tenants: [
          await tenants.create({ slug: `a-${isolation}`, name: 'a' }),
          await tenants.create({ slug: `b-${isolation}`, name: 'b' }),
        ],
      });
    }
  });
  afterAll(() => Promise.all(applications.map(({ connections }) => connections.close())));

  it('names nothing outside of the tenant', () => {
    expect(project.sql()).not.toMatch(/"public"|CREATE SCHEMA/);
  });

  it('has nothing to add', async () => {
    expect(await project.generate('again')).toContain('No schema changes, nothing to migrate');
  });

  it.each(['schema', 'role'])('makes what can be written and read (%s)', async (isolation) => {
    const application = applications.find((one) => one.isolation === isolation);
    if (!application) throw new Error('It was not set up');
    const db = createTenantDatabase(application.connections, { schema });
    for (const tenant of application.tenants) {
      await runWithTenant(tenant, () => use(db, tenant.name));
      await runWithTenant(tenant, () =>
        application.connections.adminPool.query('refresh materialized view "$tenant".book_counts'),
      );
      await runWithTenant(tenant, async () => {
        expect(await db.select().from(schema.bookCounts)).toEqual([{ author: 1, books: 2 }]);
      });
    }
  });

  it('follows what changes, for all tenants, and settles', async () => {
    project.edit(...EDITS);
    expect(await project.generate('second')).toContain('0001_second');
    expect(await project.generate('again')).toContain('No schema changes, nothing to migrate');
    for (const { migrator, tenants, connections } of applications) {
      const { failed, migrated } = await migrator.migrate();
      expect({ failed, migrated }).toEqual({ failed: [], migrated: 2 });
      for (const tenant of tenants) {
        await runWithTenant(tenant, async () => {
          const { rows } = await connections.pool.query(
            `update "$tenant"."books" set "state" = 'paid' where "number" = 1 returning "state"`,
          );
          expect(rows).toEqual([{ state: 'paid' }]);
        });
      }
    }
  });
});

type Database = ReturnType<typeof createTenantDatabase<typeof schema>>;

async function use(db: Database, tenant: string): Promise<void> {
  const values = {
    bigint: 9_007_199_254_740_991,
    bigintToo: 9_007_199_254_740_993n,
    bit: '101',
    boolean: true,
    bytea: Buffer.from([0, 255]),
    char: 'abc',
    cidr: '10.0.0.0/8',
    date: new Date('2026-02-03'),
    dateText: '2026-02-03',
    double: 0.25,
    status: "it's" as const,
    level: schema.Level.High,
    inet: '10.1.2.3',
    integer: 1,
    interval: '1 day 02:03:04.5',
    json: { a: ["it's"] },
    jsonb: { b: 'c' },
    line: { a: 1, b: 2, c: 3 },
    lineTuple: [1, 2, 3] as [number, number, number],
    macaddr: '08:00:2b:01:02:03',
    macaddr8: '08:00:2b:01:02:03:04:05',
    numeric: '12.30',
    numericNumber: 1.5,
    point: { x: 1, y: 2 },
    pointTuple: [1, 2] as [number, number],
    real: 1.5,
    smallint: 2,
    text: tenant,
    textEnum: 'a' as const,
    time: '12:34:56.789+00',
    timestamp: new Date('2026-02-03T12:00:00.123Z'),
    timestampText: '2026-02-03 12:00:00',
    uuid: '8c1d0b3e-4f7a-4b8e-9a6b-0d9c1f2e3a4b',
    varchar: 'v',
    integers: [1, 2],
    matrix: [
      [1, 2],
      [3, 4],
    ],
    texts: ['a', 'b,"c"', "it's"],
    statusList: ['draft' as const, "it's" as const],
  };
  await db.insert(schema.everyType).values(values);
  expect(await db.select().from(schema.everyType)).toEqual([
    { ...values, id: 5, bigserial: 1, serial: 1, smallserial: 1 },
  ]);

  await db.insert(schema.everyDefault).values([{}, {}]);
  const [first, second] = await db.query.everyDefault.findMany({
    orderBy: schema.everyDefault.number,
  });
  expect(first).toMatchObject({
    byDefault: 1,
    number: 100,
    status: 'draft',
    odd: "it's",
    level: 'high',
    statusList: ['draft', 'sent'],
    text: "it's",
    empty: [],
    integers: [1, 2],
    boolean: true,
    numeric: '1.50',
    jsonb: { a: 'b' },
    client: 'client',
    changed: 'changed',
    twice: 2,
    loud: "IT'S",
  });
  expect(second).toMatchObject({ byDefault: 2, number: 110 });

  const [author] = await db.insert(schema.authors).values({ name: tenant, rank: 0 }).returning();
  if (!author) throw new Error('Nothing was inserted');
  await db.insert(schema.books).values([
    { author: author.id, number: 1, title: 'one' },
    { author: author.id, number: 2, title: 'two', next: 1 },
  ]);
  expect(await db.query.authors.findMany({ with: { books: true } })).toMatchObject([
    { name: tenant, books: [{ title: 'one' }, { title: 'two' }] },
  ]);
  expect(await db.select().from(schema.bookList).where(eq(schema.bookList.title, 'one'))).toEqual([
    { title: 'one', author: tenant },
  ]);
  expect(await db.select().from(schema.euAuthors)).toEqual([
    { id: author.id, name: tenant, region: 'eu' },
  ]);
  await expect(db.insert(schema.authors).values({ name: 'other', rank: -1 })).rejects.toMatchObject(
    { cause: { constraint: 'authors_rank' } },
  );
  await expect(
    db.insert(schema.authors).values({ name: tenant.toUpperCase(), email: 'x', rank: 5 }),
  ).rejects.toMatchObject({ cause: { constraint: 'authors_lower' } });
  await db.insert(schema.reviews).values({ author: author.id, book: 1, text: 'good' });
  expect(await db.select().from(schema.reviews)).toHaveLength(1);
  expect(await db.execute(sql`select nextval('invoice_number') as number`)).toMatchObject({
    rows: [{ number: '120' }],
  });
}
