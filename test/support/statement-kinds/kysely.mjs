import { Kysely, PostgresDialect, sql } from 'kysely';
import Cursor from 'pg-cursor';
import { anyId, countRow, ticketRow, Undo, UNDONE, undone } from './tables.mjs';

const MARKER = '$tenant';

/** The kinds of statements by Kysely, over a connection manager. */
export function openKyselyKinds(connections) {
  return openKyselyKindsOver(connections.pool);
}

/** The same on any pool: for negative controls. */
export function openKyselyKindsOver(pool) {
  const db = new Kysely({ dialect: new PostgresDialect({ pool, cursor: Cursor }) });
  // Destroying it would end the pool, which is not its own.
  return Promise.resolve({ kinds: kindsOf(db), close: () => Promise.resolve() });
}

function kindsOf(db) {
  const marked = db.withSchema(MARKER);
  return [
    ...statements(db, 'without the marker'),
    ...statements(marked, 'with the marker'),
    ...raw(db),
    ...streams(db, 'without the marker'),
    ...streams(marked, 'with the marker'),
    ...transactions(db, 'without the marker'),
    ...transactions(marked, 'with the marker'),
  ];
}

/** What the kinds are called. */
export const kyselyKindNames = kindsOf(
  new Kysely({ dialect: new PostgresDialect({ pool: () => Promise.reject(new Error()) }) }),
).map(({ name }) => name);

const all = (db) => db.selectFrom('authors').select(['id', 'owner']).orderBy('id').execute();
const insert = (db, tenant, note) =>
  db.insertInto('journal').values({ owner: tenant, note }).returningAll().execute();

function statements(db, which) {
  const kinds = [
    { name: 'select', run: () => all(db) },
    {
      name: 'select with joins',
      async run(_, random) {
        const rows = await db
          .selectFrom('books')
          .innerJoin('authors', 'authors.id', 'books.author_id')
          .leftJoin('book_tags', 'book_tags.book_id', 'books.id')
          .leftJoin('tags', 'tags.id', 'book_tags.tag_id')
          .where('books.id', '=', anyId(random))
          .select(['books.owner as book', 'authors.owner as author', 'tags.owner as tag'])
          .execute();
        return rows.flatMap(({ book, author, tag }) =>
          [book, author, tag].map((name) => ({ owner: name })),
        );
      },
    },
    {
      name: 'common table expression',
      run: () =>
        db
          .with('few', (query) => query.selectFrom('books').selectAll().where('id', '<', 3))
          .selectFrom('few')
          .innerJoin('authors', 'authors.id', 'few.author_id')
          .select(['few.id', 'authors.owner'])
          .execute(),
    },
    {
      name: 'common table expression that writes',
      run: (tenant) =>
        db
          .with('written', (query) =>
            query.insertInto('journal').values({ owner: tenant, note: 'by a CTE' }).returningAll(),
          )
          .selectFrom('written')
          .selectAll()
          .execute(),
    },
    {
      name: 'subqueries',
      run: () =>
        db
          .selectFrom((query) => query.selectFrom('books').selectAll().as('inner_books'))
          .select('inner_books.owner')
          .where((where) =>
            where.exists(
              where
                .selectFrom('authors')
                .select('authors.id')
                .whereRef('authors.id', '=', 'inner_books.author_id'),
            ),
          )
          .execute(),
    },
    {
      name: 'union',
      run: () =>
        db
          .selectFrom('authors')
          .select(['id', 'owner'])
          .union(db.selectFrom('tags').select(['id', 'owner']))
          .execute(),
    },
    {
      name: 'count',
      async run(tenant) {
        const { count } = await db
          .selectFrom('authors')
          .select((build) => build.fn.countAll().as('count'))
          .where('owner', '=', tenant)
          .executeTakeFirstOrThrow();
        return [countRow(count, tenant)];
      },
    },
    { name: 'view', run: () => db.selectFrom('shelf').selectAll().execute() },
    { name: 'insert … returning', run: (tenant) => insert(db, tenant, 'insert') },
    {
      name: 'insert … select',
      run: (tenant) =>
        db
          .insertInto('journal')
          .columns(['owner', 'note'])
          .expression((build) =>
            build
              .selectFrom('authors')
              .select(['owner', build.val('insert … select').as('note')])
              .where('id', '=', 1)
              .where('owner', '=', tenant),
          )
          .returningAll()
          .execute(),
    },
    {
      name: 'insert … on conflict do update',
      run: (tenant, random) =>
        db
          .insertInto('counters')
          .values({ id: anyId(random), owner: tenant, count: 1 })
          .onConflict((conflict) =>
            conflict
              .column('id')
              .doUpdateSet((build) => ({ count: build('counters.count', '+', 1) })),
          )
          .returningAll()
          .execute(),
    },
    {
      name: 'update … returning',
      run: (_, random) =>
        db
          .updateTable('counters')
          .set((build) => ({ count: build('count', '+', 1) }))
          .where('id', '=', anyId(random))
          .returningAll()
          .execute(),
    },
    {
      name: 'delete … returning',
      async run(tenant) {
        const [{ id }] = await insert(db, tenant, 'to delete');
        return db.deleteFrom('journal').where('id', '=', id).returningAll().execute();
      },
    },
    {
      name: 'compiled query, executed',
      run: async () =>
        (await db.executeQuery(db.selectFrom('tags').selectAll().orderBy('id').compile())).rows,
    },
    {
      name: 'several at once',
      async run() {
        return (await Promise.all([all(db), all(db), all(db)])).flat();
      },
    },
  ];
  return kinds.map((kind) => ({ ...kind, name: `${kind.name}, ${which}` }));
}

function raw(db) {
  const rows = async (statement) => (await statement.execute(db)).rows;
  return [
    { name: 'raw sql, without the marker', run: () => rows(sql`select id, owner from authors`) },
    {
      name: 'raw sql, with the marker',
      run: (_, random) =>
        rows(sql`select owner from "$tenant"."books" where id = ${anyId(random)}`),
    },
    {
      name: 'raw sql, with a table as a part',
      run: () => rows(sql`select owner from ${sql.table('$tenant.tags')}`),
    },
    {
      name: 'raw sql in a builder',
      run: () =>
        db
          .selectFrom('authors')
          .select(['owner', sql`(select count(*) from books)`.as('books')])
          .execute(),
    },
    {
      name: 'sequence',
      async run(tenant) {
        const [{ nextval }] = await rows(sql`select nextval('tickets')`);
        return [ticketRow(nextval, tenant)];
      },
    },
    {
      name: 'one connection for several statements',
      run: () =>
        db
          .connection()
          .execute(async (own) => [...(await all(own)), ...(await all(own.withSchema(MARKER)))]),
    },
  ];
}

function streams(db, which) {
  const kinds = [
    { name: 'stream', run: () => collect(books(db)) },
    {
      name: 'stream that is left before its end',
      async run() {
        const rows = [];
        for await (const book of books(db)) {
          rows.push(book);
          break;
        }
        return [...rows, ...(await all(db))];
      },
    },
    {
      name: 'stream in a transaction',
      run: () =>
        db.transaction().execute(async (tx) => [...(await collect(books(tx))), ...(await all(tx))]),
    },
  ];
  return kinds.map((kind) => ({ ...kind, name: `${kind.name}, ${which}` }));
}

function books(db) {
  return db.selectFrom('books').select(['id', 'owner']).orderBy('id').stream(1);
}

async function collect(rows) {
  const collected = [];
  for await (const row of rows) collected.push(row);
  return collected;
}

function transactions(db, which) {
  const kinds = [
    {
      name: 'transaction',
      run: (tenant) =>
        db.transaction().execute(async (tx) => {
          const written = await insert(tx, tenant, 'transaction');
          const read = await tx
            .selectFrom('journal')
            .selectAll()
            .where('id', '=', written[0].id)
            .execute();
          const { rows } = await sql`select owner from authors`.execute(tx);
          return [...written, ...read, ...rows];
        }),
    },
    {
      name: 'transaction, serializable',
      run: () => db.transaction().setIsolationLevel('serializable').execute(all),
    },
    {
      name: 'transaction, read only',
      run: () => db.transaction().setAccessMode('read only').execute(all),
    },
    {
      name: 'transaction that is rolled back',
      async run(tenant) {
        await undone(
          db.transaction().execute(async (tx) => {
            await insert(tx, tenant, UNDONE);
            throw new Undo();
          }),
        );
        return all(db);
      },
    },
    {
      name: 'controlled transaction with a savepoint that is rolled back',
      async run(tenant) {
        const tx = await db.startTransaction().execute();
        try {
          const first = await insert(tx, tenant, 'before the savepoint');
          const inner = await tx.savepoint('inner_work').execute();
          await insert(inner, tenant, UNDONE);
          const outer = await inner.rollbackToSavepoint('inner_work').execute();
          const rows = [...first, ...(await all(outer))];
          await outer.releaseSavepoint('inner_work').execute();
          await tx.commit().execute();
          return rows;
        } catch (error) {
          await tx.rollback().execute();
          throw error;
        }
      },
    },
    {
      name: 'several at once in a transaction',
      run: () =>
        db
          .transaction()
          .execute(async (tx) => (await Promise.all([all(tx), all(tx), all(tx)])).flat()),
    },
  ];
  return kinds.map((kind) => ({ ...kind, name: `${kind.name}, ${which}` }));
}
