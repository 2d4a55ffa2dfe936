import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { asc, eq, exists, inArray, relations, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { alias, integer, primaryKey, text, union } from 'drizzle-orm/pg-core';
import { anyId, countRow, ticketRow, Undo, UNDONE, undone } from './tables.mjs';

const id = () => integer().primaryKey().generatedAlwaysAsIdentity();
const owner = () => text().notNull();

const authors = tenantSchema.table('authors', { id: id(), owner: owner(), name: text().notNull() });
const books = tenantSchema.table('books', {
  id: id(),
  owner: owner(),
  title: text().notNull(),
  authorId: integer('author_id')
    .notNull()
    .references(() => authors.id),
});
const tags = tenantSchema.table('tags', { id: id(), owner: owner(), label: text().notNull() });
const bookTags = tenantSchema.table(
  'book_tags',
  { bookId: integer('book_id').notNull(), tagId: integer('tag_id').notNull() },
  (table) => [primaryKey({ columns: [table.bookId, table.tagId] })],
);
const journal = tenantSchema.table('journal', {
  id: id(),
  owner: owner(),
  note: text().notNull(),
});
const counters = tenantSchema.table('counters', {
  id: integer().primaryKey(),
  owner: owner(),
  count: integer().notNull(),
});
const shelf = tenantSchema
  .view('shelf', { id: integer(), owner: text(), authorOwner: text('author_owner') })
  .existing();

const schema = {
  authors,
  books,
  tags,
  bookTags,
  authorsRelations: relations(authors, ({ many }) => ({ books: many(books) })),
  booksRelations: relations(books, ({ one, many }) => ({
    author: one(authors, { fields: [books.authorId], references: [authors.id] }),
    bookTags: many(bookTags),
  })),
  tagsRelations: relations(tags, ({ many }) => ({ bookTags: many(bookTags) })),
  bookTagsRelations: relations(bookTags, ({ one }) => ({
    book: one(books, { fields: [bookTags.bookId], references: [books.id] }),
    tag: one(tags, { fields: [bookTags.tagId], references: [tags.id] }),
  })),
};

/** The kinds of statements by Drizzle, over a connection manager. */
export function openDrizzleKinds(connections) {
  return opened(createTenantDatabase(connections, { schema }));
}

/** The same on any pool: for negative controls. */
export function openDrizzleKindsOver(pool) {
  return opened(drizzle(pool, { schema }));
}

const opened = (db) => Promise.resolve({ kinds: kindsOf(db), close: () => Promise.resolve() });

const kindsOf = (db) => [
  ...selects(db),
  ...prepared(db),
  ...writes(db),
  ...raw(db),
  ...transactions(db),
];

/** What the kinds are called. */
export const drizzleKindNames = kindsOf(drizzle.mock({ schema })).map(({ name }) => name);

const all = (db) => db.select().from(authors).orderBy(asc(authors.id));
const insert = (db, tenant, note) => db.insert(journal).values({ owner: tenant, note }).returning();

function selects(db) {
  return [
    { name: 'select', run: () => all(db) },
    {
      name: 'select with joins',
      async run(_, random) {
        const rows = await db
          .select()
          .from(books)
          .innerJoin(authors, eq(authors.id, books.authorId))
          .leftJoin(bookTags, eq(bookTags.bookId, books.id))
          .leftJoin(tags, eq(tags.id, bookTags.tagId))
          .where(eq(books.id, anyId(random)));
        return rows.flatMap((row) => [row.books, row.authors, row.tags]);
      },
    },
    {
      name: 'select with a table joined to itself',
      async run() {
        const other = alias(authors, 'other');
        const rows = await db.select().from(authors).innerJoin(other, eq(other.id, authors.id));
        return rows.flatMap((row) => [row.authors, row.other]);
      },
    },
    {
      name: 'common table expression',
      async run() {
        const few = db.$with('few').as(
          db
            .select()
            .from(books)
            .where(inArray(books.id, [1, 2])),
        );
        const rows = await db
          .with(few)
          .select()
          .from(few)
          .innerJoin(authors, eq(authors.id, few.authorId));
        return rows.flatMap((row) => [row.few, row.authors]);
      },
    },
    {
      name: 'common table expression that writes',
      run(tenant) {
        const written = db.$with('written').as(insert(db, tenant, 'by a CTE'));
        return db.with(written).select().from(written);
      },
    },
    {
      name: 'subqueries',
      run() {
        const inner = db.select().from(books).as('inner_books');
        return db
          .select({ owner: inner.owner })
          .from(inner)
          .where(exists(db.select().from(authors).where(eq(authors.id, inner.authorId))));
      },
    },
    {
      name: 'union',
      run: () =>
        union(
          db.select({ id: authors.id, owner: authors.owner }).from(authors),
          db.select({ id: tags.id, owner: tags.owner }).from(tags),
        ),
    },
    { name: 'select from a view', run: () => db.select().from(shelf) },
    {
      name: '$count',
      run: async (tenant) => [
        countRow(await db.$count(authors, eq(authors.owner, tenant)), tenant),
      ],
    },
    {
      name: '$count in a select',
      async run(tenant) {
        const count = db.$count(books, eq(books.authorId, authors.id));
        const rows = await db.select({ owner: authors.owner, count }).from(authors);
        return rows.flatMap((row) => [row, countRow(row.count, tenant, 1)]);
      },
    },
    {
      name: 'relational findMany with nested relations',
      async run() {
        const rows = await db.query.authors.findMany({
          with: { books: { with: { bookTags: { with: { tag: true } } } } },
        });
        return rows.flatMap((author) => [
          author,
          ...author.books,
          ...author.books.flatMap((book) => book.bookTags.map(({ tag }) => tag)),
        ]);
      },
    },
    {
      name: 'relational findFirst with a parent',
      async run(_, random) {
        const book = await db.query.books.findFirst({
          where: eq(books.id, anyId(random)),
          with: { author: true },
        });
        return [book, book.author];
      },
    },
    {
      name: 'several at once',
      async run() {
        const parts = await Promise.all([
          all(db),
          db.select().from(shelf),
          db.query.books.findMany({ with: { author: true } }),
          db.execute(sql`select owner from authors`).then(({ rows }) => rows),
        ]);
        return parts.flat();
      },
    },
  ];
}

/** These are made once, and executed as many tenants. */
function prepared(db) {
  const one = db
    .select()
    .from(authors)
    .where(eq(authors.id, sql.placeholder('id')))
    .prepare('one');
  const sameName = db
    .select({ owner: books.owner })
    .from(books)
    .where(eq(books.id, sql.placeholder('id')))
    .prepare('one');
  const relational = db.query.books
    .findMany({
      where: eq(books.id, sql.placeholder('id')),
      with: { author: true, bookTags: { with: { tag: true } } },
    })
    .prepare('relational');
  const write = db
    .insert(journal)
    .values({ owner: sql.placeholder('owner'), note: 'by a prepared insert' })
    .returning()
    .prepare('write');
  return [
    { name: 'prepared select', run: (_, random) => one.execute({ id: anyId(random) }) },
    {
      name: 'prepared select, the name with another text',
      run: (_, random) => sameName.execute({ id: anyId(random) }),
    },
    {
      name: 'prepared relational query',
      async run(_, random) {
        const rows = await relational.execute({ id: anyId(random) });
        return rows.flatMap((book) => [book, book.author, ...book.bookTags.map(({ tag }) => tag)]);
      },
    },
    { name: 'prepared insert', run: (tenant) => write.execute({ owner: tenant }) },
    {
      name: 'prepared in a transaction',
      run: (_, random) =>
        db.transaction(async (tx) => {
          const read = tx
            .select()
            .from(tags)
            .where(eq(tags.id, sql.placeholder('id')))
            .prepare('tx');
          return [
            ...(await read.execute({ id: anyId(random) })),
            ...(await read.execute({ id: 1 })),
          ];
        }),
    },
  ];
}

function writes(db) {
  return [
    { name: 'insert … returning', run: (tenant) => insert(db, tenant, 'insert') },
    {
      name: 'insert … select',
      run: (_, random) =>
        db
          .insert(counters)
          .select(
            db
              .select()
              .from(counters)
              .where(eq(counters.id, anyId(random))),
          )
          .onConflictDoUpdate({ target: counters.id, set: { count: sql`excluded.count` } })
          .returning(),
    },
    {
      name: 'insert … on conflict do update',
      run: (tenant, random) =>
        db
          .insert(counters)
          .values({ id: anyId(random), owner: tenant, count: 1 })
          .onConflictDoUpdate({ target: counters.id, set: { count: sql`${counters.count} + 1` } })
          .returning(),
    },
    {
      name: 'update … returning',
      run: (_, random) =>
        db
          .update(counters)
          .set({ count: sql`${counters.count} + 1` })
          .where(eq(counters.id, anyId(random)))
          .returning(),
    },
    {
      name: 'update … from',
      run: (_, random) =>
        db
          .update(counters)
          .set({ count: sql`${counters.count} + 1` })
          .from(authors)
          .where(sql`${authors.id} = ${counters.id} and ${counters.id} = ${anyId(random)}`)
          .returning({ owner: authors.owner }),
    },
    {
      name: 'delete … returning',
      async run(tenant) {
        const [{ id: written }] = await insert(db, tenant, 'to delete');
        return db.delete(journal).where(eq(journal.id, written)).returning();
      },
    },
  ];
}

function raw(db) {
  const rows = async (statement) => (await db.execute(statement)).rows;
  return [
    { name: 'execute, without the marker', run: () => rows(sql`select id, owner from authors`) },
    { name: 'execute of a string', run: () => rows('select id, owner from authors') },
    {
      name: 'execute, with a table as a part',
      run: (_, random) =>
        rows(sql`select id, owner from ${books} where ${books.id} = ${anyId(random)}`),
    },
    {
      name: 'execute, with the marker written out',
      run: () => rows(sql.raw('select owner from "$tenant"."tags"')),
    },
    {
      name: 'execute of several statements in one text',
      async run() {
        const results = await db.execute('select owner from authors; select owner from tags');
        return results.flatMap((result) => result.rows);
      },
    },
    {
      name: 'sequence',
      async run(tenant) {
        const [{ nextval }] = await rows(sql`select nextval('tickets')`);
        return [ticketRow(nextval, tenant)];
      },
    },
  ];
}

function transactions(db) {
  const reading = (name, config) => ({
    name: `transaction, ${name}`,
    run: () =>
      db.transaction(
        async (tx) => [...(await all(tx)), ...(await tx.select().from(shelf))],
        config,
      ),
  });
  return [
    reading('repeatable read', { isolationLevel: 'repeatable read' }),
    reading('serializable, read only, deferrable', {
      isolationLevel: 'serializable',
      accessMode: 'read only',
      deferrable: true,
    }),
    {
      name: 'transaction with setTransaction()',
      run: () =>
        db.transaction(async (tx) => {
          await tx.setTransaction({ isolationLevel: 'serializable' });
          return all(tx);
        }),
    },
    {
      name: 'transaction that writes and reads',
      run: (tenant) =>
        db.transaction(async (tx) => {
          const written = await insert(tx, tenant, 'transaction');
          const read = await tx.select().from(journal).where(eq(journal.id, written[0].id));
          const { rows } = await tx.execute(sql`select owner from authors`);
          return [...written, ...read, ...rows];
        }),
    },
    {
      name: 'transaction that is rolled back',
      async run(tenant) {
        await undone(
          db.transaction(async (tx) => {
            await insert(tx, tenant, UNDONE);
            throw new Undo();
          }),
        );
        return all(db);
      },
    },
    {
      name: 'transaction with tx.rollback()',
      async run(tenant) {
        const failure = await db
          .transaction(async (tx) => {
            await insert(tx, tenant, UNDONE);
            tx.rollback();
          })
          .catch((error) => error);
        if (failure?.name !== 'TransactionRollbackError' && failure?.message !== 'Rollback')
          throw failure;
        return all(db);
      },
    },
    {
      name: 'nested transaction',
      run: (tenant) =>
        db.transaction(async (outer) => {
          const first = await insert(outer, tenant, 'outer');
          const second = await outer.transaction((inner) => insert(inner, tenant, 'inner'));
          return [...first, ...second, ...(await all(outer))];
        }),
    },
    {
      name: 'nested transaction that is rolled back',
      run: (tenant) =>
        db.transaction(async (outer) => {
          const first = await insert(outer, tenant, 'outer');
          await undone(
            outer.transaction(async (inner) => {
              await insert(inner, tenant, UNDONE);
              await inner.execute(sql`select owner from authors`);
              throw new Undo();
            }),
          );
          const { rows } = await outer.execute(sql`select owner from authors`);
          return [
            ...first,
            ...rows,
            ...(await all(outer)),
            ...(await insert(outer, tenant, 'last')),
          ];
        }),
    },
    {
      name: 'relational queries in a transaction',
      run: () =>
        db.transaction(async (tx) => {
          const found = await tx.query.books.findMany({ with: { author: true } });
          return found.flatMap((book) => [book, book.author]);
        }),
    },
    {
      name: 'several at once in a transaction',
      run: () =>
        db.transaction(async (tx) => {
          const parts = await Promise.all([
            all(tx),
            tx.select().from(shelf),
            tx.execute(sql`select owner from tags`).then(({ rows }) => rows),
          ]);
          return parts.flat();
        }),
    },
  ];
}
