// Uses all of the runtime that touches a peer, in the module format that is asked for, and prints what
// became of each part. Runs in a project in which certain versions of the peers are installed.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';

const [connectionString, format] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const load = (name) => (format === 'cjs' ? Promise.resolve(require(name)) : import(name));

const { ConnectionManager, Migrator, runWithTenant, sqlMigrations, TenantRegistry, Tenants } =
  await load('@mt/runtime');

const directory = join(import.meta.dirname ?? process.cwd(), `migrations-${format}`);
mkdirSync(directory, { recursive: true });
writeFileSync(
  join(directory, '0000_items.sql'),
  'create table "$tenant".items (id integer primary key, note text)',
);

const connections = new ConnectionManager({ connectionString, max: 2 });
const registry = new TenantRegistry(connections, { controlSchema: `control_${format}` });
await registry.setup();
await registry.watch();
const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
const tenants = new Tenants(registry, migrator);
const tenant = await tenants.create({ slug: `peers-${format}` });

function expect(found, wanted) {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
  if (one !== other) throw new Error(`${one} and not ${other}`);
}

const fails = (work) =>
  work.then(
    () => Promise.reject(new Error('It did not fail.')),
    () => undefined,
  );

const createTags = (db) => db.schema.createTable('tags').addColumn('id', 'integer').execute();

const PARTS = {
  async pg() {
    const { pool } = connections;
    await pool.query('insert into items values ($1, $2)', [1, 'one']);
    await fails(pool.query('select $1::int', [{ toPostgres: () => fails() }]));
    await fails(pool.query('select $1::int', ['no number']));
    const client = await pool.connect();
    await client.query('begin');
    await client.query('savepoint here');
    await fails(client.query('insert into items values (1)'));
    await client.query('rollback to here');
    await client.query({ text: 'insert into items values ($1)', values: [2], name: 'named' });
    await client.query('commit');
    client.release();
    const { rows } = await pool.query({
      text: 'select id from items order by 1',
      rowMode: 'array',
    });
    expect(rows, [[1], [2]]);
    const [, second] = await pool.query('select 1; select id from items where id = 2');
    expect(second.rows, [{ id: 2 }]);
  },
  async drizzle() {
    const { createTenantDatabase, tenantSchema } = await load('@mt/runtime/drizzle');
    const { integer, text } = await load('drizzle-orm/pg-core');
    const items = tenantSchema.table('items', { id: integer().primaryKey(), note: text() });
    const db = createTenantDatabase(connections, { schema: { items } });
    await db.transaction(async (outer) => {
      await outer.insert(items).values({ id: 10 });
      await fails(outer.transaction((inner) => inner.insert(items).values({ id: 10 })));
      await outer.insert(items).values({ id: 11 });
    });
    expect((await db.query.items.findMany({ columns: { id: true } })).length, 4);
  },
  async typeorm() {
    const { createTenantDataSource, typeormMigrations } = await load('@mt/runtime/typeorm');
    const { EntitySchema } = await load('typeorm');
    const columns = { id: { type: Number, primary: true }, note: { type: String, nullable: true } };
    const Item = new EntitySchema({ name: 'Item', tableName: 'items', schema: '$tenant', columns });
    const dataSource = await createTenantDataSource(connections, { entities: [Item] }).initialize();
    await dataSource.transaction((manager) => manager.save(Item, { id: 20, note: 'twenty' }));
    expect(await dataSource.getRepository(Item).findOneBy({ id: 20 }), { id: 20, note: 'twenty' });
    await dataSource.destroy();
    class Notes1700000000000 {
      up = (runner) => runner.query('create table "$tenant".notes ()');
      down = (runner) => runner.query('drop table "$tenant".notes');
    }
    const source = typeormMigrations(connections, [Notes1700000000000]);
    const [migration] = await source.load();
    await source.transaction(tenant, (session) => migration.up(session));
    await connections.pool.query('select from notes');
  },
  async kysely() {
    const { kyselyMigrations } = await load('@mt/runtime/kysely');
    const { Kysely, PostgresDialect } = await load('kysely');
    const db = new Kysely({ dialect: new PostgresDialect({ pool: connections.pool }) });
    await db.transaction().execute((tx) => tx.insertInto('items').values({ id: 30 }).execute());
    const found = await db.selectFrom('items').select('id').where('id', '=', 30).execute();
    expect(found, [{ id: 30 }]);
    const source = kyselyMigrations(connections, {
      getMigrations: async () => ({ tags: { up: createTags } }),
    });
    const [migration] = await source.load();
    await source.transaction(tenant, (session) => migration.up(session));
    await connections.pool.query('select from tags');
  },
  async rxjs() {
    const { keepTenant } = await load('@mt/runtime/rxjs');
    const { Subject } = await load('rxjs');
    const { currentTenant } = await load('@mt/runtime');
    const subject = new Subject();
    const seen = [];
    subject.pipe(keepTenant()).subscribe(() => seen.push(currentTenant().slug));
    await new Promise((resolve) => setImmediate(resolve));
    subject.next(1);
    expect(seen, [tenant.slug]);
  },
};

const outcome = {};
for (const [name, part] of Object.entries(PARTS)) {
  const late = new Promise((_, reject) => {
    setTimeout(() => reject(new Error('It does not end.')), 20_000).unref();
  });
  outcome[name] = await Promise.race([runWithTenant(tenant, part), late]).then(
    () => 'works',
    (error) => `${error.message} ${error.cause?.message ?? ''}`.trim(),
  );
}
await registry.close();
await connections.close();
console.log(JSON.stringify(outcome));
