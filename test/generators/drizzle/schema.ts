import { tenantSchema } from '@mt/runtime/drizzle';
import { and, eq, relations, sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  bit,
  boolean,
  char,
  check,
  cidr,
  customType,
  date,
  doublePrecision,
  foreignKey,
  index,
  inet,
  integer,
  interval,
  json,
  jsonb,
  line,
  macaddr,
  macaddr8,
  numeric,
  pgPolicy,
  point,
  primaryKey,
  real,
  serial,
  smallint,
  smallserial,
  text,
  time,
  timestamp,
  unique,
  uniqueIndex,
  uuid,
  varchar,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';

const bytea = customType<{ data: Buffer }>({ dataType: () => 'bytea' });

export const statuses = tenantSchema.enum('status', ['draft', 'sent', "it's"]);
export enum Level {
  Low = 'low',
  High = 'high',
}
export const levels = tenantSchema.enum('Level Of', Level);
export const invoiceNumbers = tenantSchema.sequence('invoice_number', {
  startWith: 100,
  increment: 10,
  maxValue: 100_000,
  cache: 1,
  cycle: true,
});

export const everyType = tenantSchema.table('every_type', {
  id: integer().primaryKey().generatedAlwaysAsIdentity({ startWith: 5, name: 'own_sequence' }),
  bigint: bigint({ mode: 'number' }),
  bigintToo: bigint({ mode: 'bigint' }),
  bigserial: bigserial({ mode: 'number' }),
  bit: bit({ dimensions: 3 }),
  boolean: boolean(),
  bytea: bytea(),
  char: char({ length: 3 }),
  cidr: cidr(),
  date: date({ mode: 'date' }),
  dateText: date({ mode: 'string' }),
  double: doublePrecision(),
  status: statuses(),
  level: levels(),
  inet: inet(),
  integer: integer(),
  interval: interval({ fields: 'day to second', precision: 3 }),
  json: json().$type<object>(),
  jsonb: jsonb().$type<object>(),
  line: line({ mode: 'abc' }),
  lineTuple: line({ mode: 'tuple' }),
  macaddr: macaddr(),
  macaddr8: macaddr8(),
  numeric: numeric({ precision: 12, scale: 2 }),
  numericNumber: numeric({ mode: 'number' }),
  point: point({ mode: 'xy' }),
  pointTuple: point({ mode: 'tuple' }),
  real: real(),
  serial: serial(),
  smallint: smallint(),
  smallserial: smallserial(),
  text: text(),
  textEnum: text({ enum: ['a', 'b'] }),
  time: time({ precision: 3, withTimezone: true }),
  timestamp: timestamp({ mode: 'date', precision: 3, withTimezone: true }),
  timestampText: timestamp({ mode: 'string' }),
  uuid: uuid(),
  varchar: varchar({ length: 9 }),
  integers: integer().array(),
  matrix: integer().array().array(),
  texts: text().array(3),
  statusList: statuses().array(),
});

export const everyDefault = tenantSchema.table('every_default', {
  id: uuid().primaryKey().defaultRandom(),
  byDefault: integer().generatedByDefaultAsIdentity(),
  number: integer()
    .notNull()
    .default(sql`nextval('invoice_number')`),
  status: statuses().notNull().default('draft'),
  odd: statuses().notNull().default("it's"),
  level: levels().default(Level.High),
  statusList: statuses().array().notNull().default(['draft', 'sent']),
  text: text().default("it's"),
  empty: text().array().default([]),
  integers: integer().array().default([1, 2]),
  boolean: boolean().default(true),
  numeric: numeric().default('1.50'),
  jsonb: jsonb().$type<{ a: string }>().default({ a: 'b' }),
  now: timestamp({ withTimezone: true }).defaultNow(),
  tomorrow: timestamp({ withTimezone: true }).default(sql`now() + interval '1 day'`),
  today: date().default(sql`current_date`),
  random: text().default(sql`gen_random_uuid()::text`),
  client: text().$defaultFn(() => 'client'),
  changed: text().$onUpdateFn(() => 'changed'),
  twice: integer().generatedAlwaysAs(sql`1 + 1`),
  loud: text().generatedAlwaysAs(sql`upper("text")`),
});

export const authors = tenantSchema.table(
  'authors',
  {
    id: integer().primaryKey().generatedAlwaysAsIdentity(),
    name: text().notNull().unique(),
    email: text().unique('authors_email_once', { nulls: 'not distinct' }),
    region: text().notNull().default('eu'),
    rank: integer().notNull().default(0),
    tags: text().array().notNull().default([]),
    mentor: integer().references((): AnyPgColumn => authors.id, {
      onDelete: 'set null',
      onUpdate: 'cascade',
    }),
  },
  (table) => [
    check('authors_rank', sql`${table.rank} >= 0`),
    unique('authors_region_rank').on(table.region, table.rank),
    unique().on(table.region, table.name).nullsNotDistinct(),
    index('authors_by_region').on(table.region.asc().nullsFirst(), table.rank.desc()),
    index().on(table.rank),
    index('authors_like').using('btree', table.name.op('text_pattern_ops')),
    index('authors_tags').using('gin', table.tags),
    index('authors_hash').using('hash', table.name),
    index('authors_some')
      .on(table.name)
      .where(sql`${table.rank} > 1`)
      .with({ fillfactor: '70' }),
    uniqueIndex('authors_lower').on(sql`lower(${table.name})`),
  ],
);

export const books = tenantSchema.table(
  'books',
  {
    author: integer()
      .notNull()
      .references(() => authors.id, { onDelete: 'cascade' }),
    number: integer().notNull(),
    title: text().notNull(),
    next: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.author, table.number] }),
    foreignKey({
      name: 'books_next',
      columns: [table.author, table.next],
      foreignColumns: [table.author, table.number],
    }),
  ],
);

export const reviews = tenantSchema.table(
  'reviews',
  {
    author: integer().notNull(),
    book: integer().notNull(),
    text: text().notNull(),
  },
  (table) => [
    primaryKey({ name: 'reviews_key', columns: [table.author, table.book, table.text] }),
    foreignKey({
      columns: [table.author, table.book],
      foreignColumns: [books.author, books.number],
    }).onDelete('cascade'),
    pgPolicy('reviews_seen', { for: 'select', to: 'public', using: sql`true` }),
    pgPolicy('reviews_written', {
      as: 'permissive',
      for: 'insert',
      withCheck: sql`${table.text} <> 'hidden'`,
    }),
  ],
);

export const locked = tenantSchema.table('locked', { id: integer().primaryKey() }).enableRLS();

export const authorRelations = relations(authors, ({ many, one }) => ({
  books: many(books),
  mentored: one(authors, { fields: [authors.mentor], references: [authors.id] }),
}));
export const bookRelations = relations(books, ({ one }) => ({
  author: one(authors, { fields: [books.author], references: [authors.id] }),
}));

export const bookList = tenantSchema
  .view('book_list')
  .with({ securityInvoker: true, securityBarrier: true })
  .as((qb) =>
    qb
      .select({ title: books.title, author: sql<string>`${authors.name}`.as('author_name') })
      .from(books)
      .innerJoin(authors, eq(authors.id, books.author)),
  );

export const euAuthors = tenantSchema
  .view('eu_authors', { id: integer(), name: text(), region: text() })
  .with({ checkOption: 'cascaded' })
  .as(
    sql`select ${authors.id}, ${authors.name}, ${authors.region} from ${authors} where ${and(
      eq(authors.region, sql`'eu'`),
      eq(authors.rank, sql`0`),
    )}`,
  );

export const bookCounts = tenantSchema
  .materializedView('book_counts')
  .with({ fillfactor: 90, autovacuumEnabled: false })
  .withNoData()
  .as((qb) =>
    qb
      .select({ author: books.author, books: sql<number>`count(*)::int`.as('books') })
      .from(books)
      .groupBy(books.author),
  );

/** Made by hand, and only read. */
export const madeByHand = tenantSchema.view('made_by_hand', { one: integer() }).existing();
