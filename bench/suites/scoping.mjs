// What does it cost that every statement finds its tenant? Each figure is a ratio of rates: through
// the tenant pool, divided by the same reads without it.
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgSchema, varchar } from 'drizzle-orm/pg-core';
import { DataSource, EntitySchema } from 'typeorm';
import { measureHeap } from '../support/heap.mjs';
import { compare } from '../support/interleave.mjs';
import { cycle, openPools, POOL_SIZE, startTenancy } from '../support/tenancy.mjs';

export const goals = {
  'drizzle.scoped_vs_single': { atLeast: 0.97 },
  'typeorm.scoped_vs_single': { atLeast: 0.97 },
  'drizzle.tenants_vs_handwritten': { atLeast: 0.97 },
  'typeorm.tenants_vs_one': {},
  'raw.scoped_vs_bare': { atLeast: 0.85 },
  heap_per_tenant_bytes: { atMost: 1024 },
};

export async function run({ quick, report }) {
  const options = { rounds: quick ? 3 : 81, roundMs: 150, concurrency: 16, report };
  const tenancy = await startTenancy(quick ? 50 : 1_000, report);
  try {
    const results = [];
    for (const pair of [
      drizzleSingle,
      typeormSingle,
      drizzleHandwritten,
      typeormTenants,
      rawBare,
    ]) {
      const pools = openPools(tenancy.connectionString);
      const { close, ...measured } = await pair({ ...tenancy, ...pools });
      results.push(await compare(measured, options));
      await close?.();
      await pools.close();
    }
    results.push(await measureHeap(tenancy, quick ? 1_000 : 10_000, report));
    return results;
  } finally {
    await tenancy.stop();
  }
}

const columns = () => ({
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 255 }).notNull(),
});
const nextId = cycle(Array.from({ length: 100 }, (_, index) => index + 1));

function drizzleSingle({ connections, plain: plainPool, tenants: [tenant] }) {
  const own = pgSchema(tenant.schema).table('items', columns());
  const marked = tenantSchema.table('items', columns());
  const plain = drizzle(plainPool);
  const scoped = createTenantDatabase(connections);
  return {
    name: 'drizzle.scoped_vs_single',
    subject: () =>
      runWithTenant(tenant, () => scoped.select().from(marked).where(eq(marked.id, nextId()))),
    control: () => plain.select().from(own).where(eq(own.id, nextId())),
  };
}

function itemEntity(schema) {
  return new EntitySchema({
    name: 'Item',
    tableName: 'items',
    schema,
    columns: {
      id: { type: 'int', primary: true, generated: 'identity' },
      name: { type: 'varchar', length: 255 },
    },
  });
}

async function typeormSingle({ connections, connectionString, tenants: [tenant] }) {
  const Own = itemEntity(tenant.schema);
  const Marked = itemEntity('$tenant');
  const plain = await new DataSource({
    type: 'postgres',
    url: connectionString,
    poolSize: POOL_SIZE,
    entities: [Own],
  }).initialize();
  const scoped = await createTenantDataSource(connections, { entities: [Marked] }).initialize();
  const plainItems = plain.getRepository(Own);
  const scopedItems = scoped.getRepository(Marked);
  return {
    name: 'typeorm.scoped_vs_single',
    subject: () => runWithTenant(tenant, () => scopedItems.findOneBy({ id: nextId() })),
    control: () => plainItems.findOneBy({ id: nextId() }),
    close: async () => {
      await scoped.destroy();
      await plain.destroy();
    },
  };
}

/** Both sides touch the same thousand tables, so that the server does the same work for both. */
function drizzleHandwritten({ connections, plain: plainPool, tenants }) {
  const own = new Map(
    tenants.map(({ schema }) => [schema, pgSchema(schema).table('items', columns())]),
  );
  const marked = tenantSchema.table('items', columns());
  const plain = drizzle(plainPool);
  const scoped = createTenantDatabase(connections);
  const [nextScoped, nextPlain] = [cycle(tenants), cycle(tenants)];
  return {
    name: 'drizzle.tenants_vs_handwritten',
    subject: () =>
      runWithTenant(nextScoped(), () =>
        scoped.select().from(marked).where(eq(marked.id, nextId())),
      ),
    control: () => {
      const items = own.get(nextPlain().schema);
      return plain.select().from(items).where(eq(items.id, nextId()));
    },
  };
}

/** Each side on connections of its own: those of one tenant must not know the others' tables. */
async function typeormTenants({ connections, connectionString, tenants }) {
  const Marked = itemEntity('$tenant');
  const one = new ConnectionManager({ connectionString, max: POOL_SIZE });
  const [manySource, oneSource] = await Promise.all(
    [connections, one].map((manager) =>
      createTenantDataSource(manager, { entities: [Marked] }).initialize(),
    ),
  );
  const [manyItems, oneItems] = [manySource, oneSource].map((source) =>
    source.getRepository(Marked),
  );
  const next = cycle(tenants);
  return {
    name: 'typeorm.tenants_vs_one',
    subject: () => runWithTenant(next(), () => manyItems.findOneBy({ id: nextId() })),
    control: () => runWithTenant(tenants[0], () => oneItems.findOneBy({ id: nextId() })),
    close: async () => {
      await manySource.destroy();
      await oneSource.destroy();
      await one.close();
    },
  };
}

function rawBare({ connections, plain: plainPool, tenants }) {
  const [nextScoped, nextBare] = [cycle(tenants), cycle(tenants)];
  return {
    name: 'raw.scoped_vs_bare',
    subject: () =>
      runWithTenant(nextScoped(), () =>
        connections.pool.query('select id, name from items where id = $1', [nextId()]),
      ),
    control: () =>
      plainPool.query(`select id, name from "${nextBare().schema}".items where id = $1`, [
        nextId(),
      ]),
  };
}
