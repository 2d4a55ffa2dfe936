import 'reflect-metadata';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource, TenantEntity } from '@mt/runtime/typeorm';
import { asc } from 'drizzle-orm';
import { drizzle, type NodePgDatabase } from 'drizzle-orm/node-postgres';
import { integer, text } from 'drizzle-orm/pg-core';
import type pg from 'pg';
import { Column, DataSource, PrimaryGeneratedColumn } from 'typeorm';
import type { ConnectionManager } from '@mt/runtime';

export interface Row {
  id: number;
  owner: string;
  note: string;
}

/** The same work in either ORM, on the tenant that is in context. */
export interface ItemStore {
  all(): Promise<Row[]>;
  find(id: number): Promise<Row | undefined>;
  raw(): Promise<{ owner: string }[]>;
  insert(owner: string): Promise<void>;
  /** Writes a row and one more in a savepoint that is rolled back, and reads in between. */
  transaction(owner: string): Promise<Row[]>;
  close(): Promise<void>;
}

const items = tenantSchema.table('items', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  owner: text().notNull(),
  note: text().notNull().default(''),
});

@TenantEntity('items')
export class Item implements Row {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  owner!: string;

  @Column({ type: 'text', default: '' })
  note!: string;
}

/** What a savepoint is rolled back with. */
class Undo extends Error {}

function ignoreUndo(error: unknown): void {
  if (!(error instanceof Undo)) throw error;
}

const RAW = 'select owner from items';

export const ORMS = ['drizzle', 'typeorm'] as const;
export type Orm = (typeof ORMS)[number];

export function openStore(orm: Orm, connections: ConnectionManager): Promise<ItemStore> {
  return orm === 'drizzle'
    ? Promise.resolve(drizzleStore(createTenantDatabase(connections)))
    : typeormStore(createTenantDataSource(connections, { entities: [Item] }));
}

/** The same stores over any pool: for the negative control. */
export function openStoreOver(orm: Orm, pool: pg.Pool): Promise<ItemStore> {
  if (orm === 'drizzle') return Promise.resolve(drizzleStore(drizzle(pool)));
  const driver = {
    Pool: function Pool() {
      return pool;
    },
  };
  return typeormStore(new DataSource({ type: 'postgres', driver, entities: [Item] }));
}

function select(from: Pick<NodePgDatabase, 'select'>) {
  return from.select().from(items).orderBy(asc(items.id));
}

function drizzleStore(db: NodePgDatabase): ItemStore {
  return {
    all: async () => select(db),
    find: async (id) => (await select(db)).find((row) => row.id === id),
    raw: async () => (await db.execute<{ owner: string }>(RAW)).rows,
    insert: async (owner) => void (await db.insert(items).values({ owner })),
    transaction: (owner) =>
      db.transaction(async (outer) => {
        await outer.insert(items).values({ owner, note: 'outer' });
        const inner = outer.transaction(async (tx) => {
          await tx.insert(items).values({ owner, note: 'undone' });
          throw new Undo();
        });
        await inner.catch(ignoreUndo);
        return select(outer);
      }),
    close: () => Promise.resolve(),
  };
}

async function typeormStore(dataSource: DataSource): Promise<ItemStore> {
  await dataSource.initialize();
  const repository = dataSource.getRepository(Item);
  const order = { order: { id: 'ASC' } } as const;
  return {
    all: () => repository.find(order),
    find: async (id) => (await repository.findOneBy({ id })) ?? undefined,
    raw: () => dataSource.query(RAW),
    insert: async (owner) => void (await repository.save({ owner })),
    transaction: (owner) =>
      dataSource.transaction(async (outer) => {
        await outer.save(Item, { owner, note: 'outer' });
        const inner = outer.transaction(async (tx) => {
          await tx.save(Item, { owner, note: 'undone' });
          throw new Undo();
        });
        await inner.catch(ignoreUndo);
        return outer.find(Item, order);
      }),
    close: () => dataSource.destroy(),
  };
}
