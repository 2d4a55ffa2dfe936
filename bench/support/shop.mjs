// Twenty statements as applications send them: reads by key, pages, searches, joins, sums, writes. Each
// ORM writes its own.
import {
  and,
  asc,
  between,
  count,
  desc,
  eq,
  exists,
  gt,
  ilike,
  inArray,
  max,
  sql,
  sum,
} from 'drizzle-orm';
import { integer, numeric, timestamp, varchar } from 'drizzle-orm/pg-core';
import { Between, EntitySchema, ILike, In, MoreThan } from 'typeorm';
import { evenly } from './draw.mjs';

const ROWS = 100;
const STATUSES = ['open', 'paid', 'shipped', 'closed'];

/** What each tenant has beside its items. */
export const ORDERS = `
  create table "$tenant"."orders" (
    "id" integer primary key generated always as identity,
    "item_id" integer not null references "$tenant"."items",
    "status" varchar(16) not null,
    "amount" numeric(12, 2) not null,
    "created_at" timestamp not null
  );
  create index on "$tenant"."orders" ("item_id");
  create index on "$tenant"."orders" ("status", "created_at");
  insert into "$tenant"."orders" ("item_id", "status", "amount", "created_at")
  select n, ('{${STATUSES.join()}}'::text[])[n % ${STATUSES.length} + 1], n, timestamp '2026-01-01' + n * interval '1 hour'
  from generate_series(1, ${ROWS}) n;
`;

const nextId = evenly(Array.from({ length: ROWS }, (_, index) => index + 1));
const nextStatus = evenly(STATUSES);
const day = (n) => new Date(Date.UTC(2026, 0, n));

export const drizzleTables = (schema) => ({
  items: schema.table('items', {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: varchar({ length: 255 }).notNull(),
  }),
  orders: schema.table('orders', {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    itemId: integer('item_id').notNull(),
    status: varchar({ length: 16 }).notNull(),
    amount: numeric({ precision: 12, scale: 2 }).notNull(),
    createdAt: timestamp('created_at').notNull(),
  }),
});

export const drizzleStatements = [
  (db, { items }) => db.select().from(items).where(eq(items.id, nextId())),
  (db, { items }) => db.select().from(items).orderBy(asc(items.id)).limit(20).offset(20),
  (db, { items }) =>
    db
      .select()
      .from(items)
      .where(eq(items.name, `item ${nextId()}`)),
  (db, { items }) => db.select({ count: count() }).from(items),
  (db, { items }) => db.select({ id: items.id }).from(items).where(eq(items.id, nextId())),
  (db, { items }) =>
    db
      .select()
      .from(items)
      .where(inArray(items.id, [1, 2, 3, 4, nextId()])),
  (db, { items }) => db.select().from(items).where(ilike(items.name, 'item 1%')).limit(10),
  (db, { items }) => db.select({ last: max(items.id) }).from(items),
  (db, { items }) =>
    db.select().from(items).where(gt(items.id, 50)).orderBy(desc(items.id)).limit(10),
  (db, { items }) => db.update(items).set({ name: 'item 7' }).where(eq(items.id, 7)),
  (db, { orders }) => db.select().from(orders).where(eq(orders.id, nextId())),
  (db, { orders }) => db.select().from(orders).where(eq(orders.itemId, nextId())).limit(10),
  (db, { orders }) =>
    db
      .select()
      .from(orders)
      .where(eq(orders.status, nextStatus()))
      .orderBy(desc(orders.createdAt))
      .limit(10),
  (db, { orders }) =>
    db
      .select({ status: orders.status, sum: sum(orders.amount) })
      .from(orders)
      .groupBy(orders.status),
  (db, { orders, items }) =>
    db
      .select()
      .from(orders)
      .innerJoin(items, eq(items.id, orders.itemId))
      .where(eq(orders.id, nextId())),
  (db, { orders, items }) =>
    db
      .select({ id: items.id, count: count(orders.id) })
      .from(items)
      .leftJoin(orders, eq(orders.itemId, items.id))
      .where(eq(items.id, nextId()))
      .groupBy(items.id),
  (db, { orders }) =>
    db
      .select()
      .from(orders)
      .where(between(orders.createdAt, day(1), day(3)))
      .orderBy(asc(orders.id))
      .limit(10),
  (db, { orders }) =>
    db
      .update(orders)
      .set({ status: 'paid' })
      .where(and(eq(orders.id, nextId()), eq(orders.status, 'paid')))
      .returning({ id: orders.id }),
  (db, { orders, items }) =>
    db
      .select()
      .from(items)
      .where(
        and(
          eq(items.id, nextId()),
          exists(
            db
              .select({ one: sql`1` })
              .from(orders)
              .where(eq(orders.itemId, items.id)),
          ),
        ),
      ),
  (db, { orders }) => db.delete(orders).where(and(eq(orders.id, 1), eq(orders.status, 'gone'))),
];

export const typeormEntities = (schema, suffix = '') => ({
  items: new EntitySchema({
    name: `Item${suffix}`,
    tableName: 'items',
    schema,
    columns: {
      id: { type: 'int', primary: true, generated: 'identity' },
      name: { type: 'varchar', length: 255 },
    },
  }),
  orders: new EntitySchema({
    name: `Order${suffix}`,
    tableName: 'orders',
    schema,
    columns: {
      id: { type: 'int', primary: true, generated: 'identity' },
      itemId: { name: 'item_id', type: 'int' },
      status: { type: 'varchar', length: 16 },
      amount: { type: 'numeric', precision: 12, scale: 2 },
      createdAt: { name: 'created_at', type: 'timestamp' },
    },
    relations: {
      item: {
        type: 'many-to-one',
        target: `Item${suffix}`,
        joinColumn: { name: 'item_id' },
      },
    },
  }),
});

/** @param of repositories of both */
export const typeormStatements = [
  ({ items }) => items.findOneBy({ id: nextId() }),
  ({ items }) => items.find({ order: { id: 'ASC' }, take: 20, skip: 20 }),
  ({ items }) => items.findBy({ name: `item ${nextId()}` }),
  ({ items }) => items.count(),
  ({ items }) => items.findOne({ select: { id: true }, where: { id: nextId() } }),
  ({ items }) => items.findBy({ id: In([1, 2, 3, 4, nextId()]) }),
  ({ items }) => items.find({ where: { name: ILike('item 1%') }, take: 10 }),
  ({ items }) => items.maximum('id'),
  ({ items }) => items.find({ where: { id: MoreThan(50) }, order: { id: 'DESC' }, take: 10 }),
  ({ items }) => items.update(7, { name: 'item 7' }),
  ({ orders }) => orders.findOneBy({ id: nextId() }),
  ({ orders }) => orders.find({ where: { itemId: nextId() }, take: 10 }),
  ({ orders }) =>
    orders.find({ where: { status: nextStatus() }, order: { createdAt: 'DESC' }, take: 10 }),
  ({ orders }) =>
    orders
      .createQueryBuilder('o')
      .select('o.status', 'status')
      .addSelect('sum(o.amount)', 'sum')
      .groupBy('o.status')
      .getRawMany(),
  ({ orders }) => orders.findOne({ where: { id: nextId() }, relations: { item: true } }),
  ({ orders }) => orders.countBy({ itemId: nextId() }),
  ({ orders }) =>
    orders.find({ where: { createdAt: Between(day(1), day(3)) }, order: { id: 'ASC' }, take: 10 }),
  ({ orders }) => orders.update({ id: nextId(), status: 'paid' }, { status: 'paid' }),
  ({ orders }) => orders.existsBy({ itemId: nextId() }),
  ({ orders }) => orders.delete({ id: 1, status: 'gone' }),
];
