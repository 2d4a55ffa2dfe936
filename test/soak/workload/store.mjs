import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { asc, eq, lte } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, text } from 'drizzle-orm/pg-core';
import { DataSource, EntitySchema, LessThanOrEqual } from 'typeorm';
import { SEEDED } from '../tenancy.mjs';

const items = tenantSchema.table('items', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  owner: text().notNull(),
  note: text().notNull().default('seed'),
});

const Item = new EntitySchema({
  name: 'Item',
  schema: '$tenant',
  tableName: 'items',
  columns: {
    id: { type: 'integer', primary: true, generated: 'identity', generatedIdentity: 'ALWAYS' },
    owner: { type: 'text' },
    note: { type: 'text', default: 'seed' },
  },
});

/**
 * The same work in either ORM, on the tenant in context:
 *
 * - `all()`, `find(id)`, `some(note)`: rows, by the ORM
 * - `sql(text)`: rows of a statement as it stands
 * - `insert(owner, note)`, `update(id, note)`: what was written
 * - `transaction(work)`: `work` gets the same methods; inside it is a savepoint
 */
export async function openStore(orm, connections) {
  if (orm === 'drizzle') return drizzleStore(createTenantDatabase(connections));
  return typeormStore(createTenantDataSource(connections, { entities: [Item] }));
}

/** The same over any pool: for the negative controls. */
export async function openStoreOver(orm, pool) {
  if (orm === 'drizzle') return drizzleStore(drizzle(pool));
  const driver = {
    Pool: function Pool() {
      return pool;
    },
  };
  return typeormStore(
    new DataSource({ type: 'postgres', driver, entities: [Item], installExtensions: false }),
  );
}

function drizzleStore(db) {
  const seeded = lte(items.id, SEEDED);
  return {
    all: () => db.select().from(items).where(seeded).orderBy(asc(items.id)),
    find: (id) => db.select().from(items).where(eq(items.id, id)),
    some: (note) => db.select().from(items).where(eq(items.note, note)),
    sql: async (statement) => (await db.execute(statement)).rows,
    insert: (owner, note) => db.insert(items).values({ owner, note }).returning(),
    update: (id, note) => db.update(items).set({ note }).where(eq(items.id, id)).returning(),
    transaction: (work) => db.transaction((tx) => work(drizzleStore(tx))),
    close: () => Promise.resolve(),
  };
}

async function typeormStore(dataSource) {
  await dataSource.initialize();
  return { ...managerStore(dataSource.manager), close: () => dataSource.destroy() };
}

function managerStore(manager) {
  const repository = manager.getRepository('Item');
  return {
    all: () => repository.find({ where: { id: LessThanOrEqual(SEEDED) }, order: { id: 'ASC' } }),
    find: (id) => repository.findBy({ id }),
    some: (note) => repository.findBy({ note }),
    sql: (statement) => manager.query(statement),
    insert: async (owner, note) => [await repository.save({ owner, note })],
    update: async (id, note) => {
      const { raw } = await repository
        .createQueryBuilder()
        .update()
        .set({ note })
        .where({ id })
        .returning('*')
        .execute();
      return raw;
    },
    transaction: (work) => manager.transaction((tx) => work(managerStore(tx))),
  };
}
