import { createTenantDataSource } from '@mt/runtime/typeorm';
import { DataSource, EntitySchema, In } from 'typeorm';
import { anyId, countRow, SEEDED, ticketRow, Undo, UNDONE, undone } from './tables.mjs';

const id = { type: 'integer', primary: true, generated: 'identity', generatedIdentity: 'ALWAYS' };
const owner = { type: 'text' };

/** An entity of a table in the tenant's schema. */
const entity = (name, tableName, columns, more = {}) =>
  new EntitySchema({
    name,
    tableName,
    schema: '$tenant',
    columns: { id, owner, ...columns },
    ...more,
  });

const Author = entity(
  'Author',
  'authors',
  { name: { type: 'text' } },
  {
    relations: {
      books: { type: 'one-to-many', target: 'Book', inverseSide: 'author' },
      lazyBooks: { type: 'one-to-many', target: 'LazyBook', inverseSide: 'author', lazy: true },
    },
  },
);

const tagsOfBook = {
  type: 'many-to-many',
  target: 'Tag',
  joinTable: {
    name: 'book_tags',
    schema: '$tenant',
    joinColumn: { name: 'book_id', referencedColumnName: 'id' },
    inverseJoinColumn: { name: 'tag_id', referencedColumnName: 'id' },
  },
};
const authorOfBook = { type: 'many-to-one', target: 'Author', joinColumn: { name: 'author_id' } };
const title = { type: 'text' };

const Book = entity(
  'Book',
  'books',
  { title },
  {
    relations: { author: { ...authorOfBook, inverseSide: 'books' }, tags: tagsOfBook },
  },
);
/** The same table, with relations that are read whenever the book is. */
const EagerBook = entity(
  'EagerBook',
  'books',
  { title },
  {
    relations: { author: { ...authorOfBook, eager: true }, tags: { ...tagsOfBook, eager: true } },
  },
);
/** The same table, with relations that are read when they are awaited. */
const LazyBook = entity(
  'LazyBook',
  'books',
  { title },
  {
    relations: {
      author: { ...authorOfBook, inverseSide: 'lazyBooks', lazy: true },
      tags: { ...tagsOfBook, lazy: true },
    },
  },
);
const Tag = entity('Tag', 'tags', { label: { type: 'text' } });
const Journal = entity('Journal', 'journal', { note: { type: 'text' } });
const Watched = entity('Watched', 'journal', { note: { type: 'text' } });
const Audit = entity('Audit', 'audits', { books: { type: 'integer' } });
const Counter = new EntitySchema({
  name: 'Counter',
  tableName: 'counters',
  schema: '$tenant',
  columns: { id: { type: 'integer', primary: true }, owner, count: { type: 'integer' } },
});
const Shelf = new EntitySchema({
  name: 'Shelf',
  tableName: 'shelf',
  schema: '$tenant',
  type: 'view',
  synchronize: false,
  columns: {
    id: { type: 'integer', primary: true },
    owner,
    authorOwner: { name: 'author_owner', type: 'text' },
  },
});

const tree = (name, tableName, type, options) =>
  entity(
    name,
    tableName,
    {},
    {
      trees: [{ type, options }],
      relations: {
        parent: {
          type: 'many-to-one',
          target: name,
          treeParent: true,
          inverseSide: 'children',
          joinColumn: { name: 'parentId' },
        },
        children: { type: 'one-to-many', target: name, treeChildren: true, inverseSide: 'parent' },
      },
    },
  );
const Category = tree('Category', 'categories', 'closure-table', {
  closureTableName: 'categories',
  ancestorColumnName: () => 'id_ancestor',
  descendantColumnName: () => 'id_descendant',
});
const Folder = tree('Folder', 'folders', 'materialized-path');
const Chapter = tree('Chapter', 'chapters', 'nested-set');

const entities = [
  Author,
  Book,
  EagerBook,
  LazyBook,
  Tag,
  Journal,
  Watched,
  Audit,
  Counter,
  Shelf,
  Category,
  Folder,
  Chapter,
];

/** Writes a row for each Watched that is inserted, of what it reads, and checks what is loaded. */
class WatchedSubscriber {
  listenTo() {
    return 'Watched';
  }

  async afterInsert({ manager, entity: written }) {
    const books = await manager.find('Book');
    const other = books.find((book) => book.owner !== written.owner);
    await manager.save('Audit', {
      owner: other?.owner ?? books[0].owner,
      books: books.length,
    });
  }
}

/** The kinds of statements by TypeORM, over a connection manager. */
export function openTypeOrmKinds(connections) {
  return opened(
    createTenantDataSource(connections, { entities, subscribers: [WatchedSubscriber] }),
  );
}

/** The same on any pool: for negative controls. */
export function openTypeOrmKindsOver(pool) {
  const driver = {
    Pool: function Pool() {
      return pool;
    },
  };
  return opened(
    new DataSource({
      type: 'postgres',
      driver,
      entities,
      subscribers: [WatchedSubscriber],
      installExtensions: false,
    }),
  );
}

async function opened(dataSource) {
  await dataSource.initialize();
  return { kinds: kindsOf(dataSource), close: () => dataSource.destroy() };
}

const kindsOf = (dataSource) => [
  ...repositories(dataSource),
  ...relations(dataSource),
  ...builders(dataSource),
  ...raw(dataSource),
  ...streams(dataSource),
  ...transactions(dataSource),
  ...trees(dataSource),
];

/** What the kinds are called. */
export const typeormKindNames = kindsOf(undefined).map(({ name }) => name);

const all = (manager) => manager.find('Author', { order: { id: 'ASC' } });
const insert = (manager, tenant, note) => manager.save('Journal', { owner: tenant, note });

function repositories(dataSource) {
  const of = (name) => dataSource.getRepository(name);
  return [
    { name: 'find', run: () => of('Author').find() },
    {
      name: 'findOneBy',
      run: async (_, random) => [await of('Book').findOneBy({ id: anyId(random) })],
    },
    {
      name: 'findAndCount, by pages',
      async run(tenant) {
        const [rows, count] = await of('Author').findAndCount({ take: 2, order: { id: 'ASC' } });
        return [...rows, countRow(count, tenant)];
      },
    },
    {
      name: 'count',
      run: async (tenant) => [countRow(await of('Author').countBy({ owner: tenant }), tenant)],
    },
    {
      name: 'exists and sum',
      async run(tenant) {
        const found = await of('Author').existsBy({ owner: tenant });
        const sum = await of('Author').sum('id', { owner: tenant });
        return [
          countRow(found ? 1 : 0, tenant, 1),
          countRow(sum, tenant, (SEEDED * (SEEDED + 1)) / 2),
        ];
      },
    },
    {
      name: 'save, then update by save',
      async run(tenant) {
        const first = await of('Journal').save({ owner: tenant, note: 'save' });
        await of('Journal').save({ ...first, note: 'saved again' });
        return of('Journal').findBy({ id: first.id });
      },
    },
    {
      name: 'save of several in chunks',
      run: (tenant) =>
        of('Journal').save(
          [1, 2, 3].map((number) => ({ owner: tenant, note: `chunk ${number}` })),
          { chunk: 2 },
        ),
    },
    {
      name: 'insert, update, delete',
      async run(tenant) {
        const { identifiers } = await of('Journal').insert({ owner: tenant, note: 'insert' });
        const [{ id: written }] = identifiers;
        await of('Journal').update({ id: written }, { note: 'update' });
        const rows = await of('Journal').findBy({ id: written });
        const { affected } = await of('Journal').delete({ id: written });
        return [...rows, countRow(affected, tenant, 1)];
      },
    },
    {
      name: 'remove',
      async run(tenant) {
        const written = await of('Journal').save({ owner: tenant, note: 'remove' });
        return [await of('Journal').remove(written)];
      },
    },
    {
      name: 'upsert',
      async run(tenant, random) {
        const wanted = anyId(random);
        await of('Counter').upsert({ id: wanted, owner: tenant, count: 1 }, ['id']);
        return of('Counter').findBy({ id: wanted });
      },
    },
    {
      name: 'increment',
      async run(_, random) {
        const wanted = anyId(random);
        await of('Counter').increment({ id: wanted }, 'count', 1);
        return of('Counter').findBy({ id: wanted });
      },
    },
    { name: 'view entity', run: () => of('Shelf').find() },
    {
      name: 'subscriber that reads and writes through event.manager',
      async run(tenant) {
        const written = await of('Watched').save({ owner: tenant, note: 'watched' });
        return [written, ...(await of('Audit').find({ take: 5 }))];
      },
    },
    {
      name: 'several at once',
      async run() {
        const parts = await Promise.all([
          of('Author').find(),
          of('Book').find({ relations: { author: true } }),
          of('EagerBook').find(),
          dataSource.query('select owner from tags'),
        ]);
        return parts.flat();
      },
    },
  ];
}

const withRelations = (books) =>
  books.flatMap((book) => [book, book.author, ...book.tags].filter((row) => row !== undefined));

function relations(dataSource) {
  const of = (name) => dataSource.getRepository(name);
  return [
    {
      name: 'find with relations, through a junction table',
      run: async () =>
        withRelations(await of('Book').find({ relations: { author: true, tags: true } })),
    },
    {
      name: 'find with relations, each by a query of its own',
      run: async () =>
        withRelations(
          await of('Book').find({
            relations: { author: true, tags: true },
            relationLoadStrategy: 'query',
          }),
        ),
    },
    {
      name: 'find with a condition on a relation',
      run: async (tenant) =>
        of('Book').find({ where: { author: { owner: tenant }, id: In([1, 2]) } }),
    },
    { name: 'eager relations', run: async () => withRelations(await of('EagerBook').find()) },
    {
      name: 'lazy relations',
      async run(_, random) {
        const book = await of('LazyBook').findOneByOrFail({ id: anyId(random) });
        const [author, tags] = [await book.author, await book.tags];
        return [{ owner: book.owner }, { owner: author.owner }, ...tags];
      },
    },
    {
      name: 'lazy relations, there and back',
      async run(_, random) {
        const author = await of('Author').findOneByOrFail({ id: anyId(random) });
        const books = await author.lazyBooks;
        return books.map((book) => ({ owner: book.owner }));
      },
    },
    {
      name: 'lazy relations in a transaction',
      run: (_, random) =>
        dataSource.transaction(async (manager) => {
          const book = await manager.findOneByOrFail('LazyBook', { id: anyId(random) });
          return [...(await book.tags), { owner: (await book.author).owner }];
        }),
    },
    {
      name: 'junction table written by save, with cascade of the delete',
      run: (tenant) =>
        dataSource.transaction(async (manager) => {
          const tags = await manager.findBy('Tag', { id: In([1, 2]) });
          const author = await manager.findOneByOrFail('Author', { id: 1 });
          const book = await manager.save('Book', { owner: tenant, title: 'new', author, tags });
          const read = await manager.find('Book', {
            where: { id: book.id },
            relations: { tags: true },
          });
          await manager.remove('Book', book);
          return [...read, ...read.flatMap((each) => each.tags)];
        }),
    },
    {
      name: 'relation query builder: load, add and remove',
      run: (_, random) =>
        dataSource.transaction(async (manager) => {
          const wanted = anyId(random);
          const other = (wanted % SEEDED) + 1;
          const relation = manager.createQueryBuilder().relation('Book', 'tags').of(wanted);
          await relation.add(other);
          const rows = await relation.loadMany();
          await relation.remove(other);
          return rows;
        }),
    },
  ];
}

function builders(dataSource) {
  const from = (name, as) => dataSource.getRepository(name).createQueryBuilder(as);
  return [
    {
      name: 'query builder with joins',
      run: async (_, random) =>
        withRelations(
          await from('Book', 'book')
            .innerJoinAndSelect('book.author', 'author')
            .leftJoinAndSelect('book.tags', 'tag')
            .where('book.id = :id', { id: anyId(random) })
            .getMany(),
        ),
    },
    {
      name: 'query builder by pages with joins',
      run: async () =>
        withRelations(
          await from('Book', 'book')
            .leftJoinAndSelect('book.author', 'author')
            .leftJoinAndSelect('book.tags', 'tag')
            .orderBy('book.id')
            .take(2)
            .getMany(),
        ),
    },
    {
      name: 'query builder with raw rows',
      run: () => from('Author', 'author').select('author.owner', 'owner').getRawMany(),
    },
    {
      name: 'query builder with a join without a relation',
      run: () =>
        from('Book', 'book')
          .innerJoin('Author', 'author', 'author.id = book.author')
          .select('author.owner', 'owner')
          .getRawMany(),
    },
    {
      name: 'query builder with subqueries',
      run: () =>
        from('Book', 'book')
          .where((query) => {
            const inner = query.subQuery().select('author.id').from('Author', 'author').getQuery();
            return `book.author in ${inner}`;
          })
          .getMany(),
    },
    {
      name: 'query builder with a common table expression',
      run: () =>
        dataSource
          .createQueryBuilder()
          .addCommonTableExpression('select id, owner from "$tenant"."authors"', 'few')
          .select('few.owner', 'owner')
          .from('few', 'few')
          .getRawMany(),
    },
    {
      name: 'query builder, insert … returning',
      async run(tenant) {
        const { raw: rows } = await from('Journal')
          .insert()
          .values({ owner: tenant, note: 'by a builder' })
          .returning('*')
          .execute();
        return rows;
      },
    },
    {
      name: 'query builder, update … returning',
      async run(_, random) {
        const { raw: rows } = await from('Counter')
          .update()
          .set({ count: () => 'count + 1' })
          .where('id = :id', { id: anyId(random) })
          .returning('*')
          .execute();
        return rows;
      },
    },
    {
      name: 'query builder, delete … returning',
      async run(tenant) {
        const { id: written } = await insert(dataSource.manager, tenant, 'to delete');
        const { raw: rows } = await from('Journal')
          .delete()
          .where('id = :written', { written })
          .returning('*')
          .execute();
        return rows;
      },
    },
  ];
}

function raw(dataSource) {
  return [
    {
      name: 'query, without the marker',
      run: () => dataSource.query('select id, owner from authors'),
    },
    {
      name: 'query, with the marker and values',
      run: (_, random) =>
        dataSource.query('select owner from "$tenant"."books" where id = $1', [anyId(random)]),
    },
    {
      name: 'sql template',
      run: (_, random) => dataSource.sql`select owner from authors where id = ${anyId(random)}`,
    },
    {
      name: 'sequence',
      async run(tenant) {
        const [{ nextval }] = await dataSource.query("select nextval('tickets')");
        return [ticketRow(nextval, tenant)];
      },
    },
    {
      name: 'query runner without a transaction',
      run: () =>
        withRunner(dataSource, async (runner) => [
          ...(await runner.query('select owner from authors')),
          ...(await runner.manager.find('Tag')),
        ]),
    },
  ];
}

function streams(dataSource) {
  return [
    {
      name: 'stream of a query builder',
      async run() {
        const authors = dataSource.getRepository('Author').createQueryBuilder('author');
        const rows = await (await authors.stream()).toArray();
        return rows.map((row) => ({ id: row.author_id, owner: row.author_owner }));
      },
    },
    {
      name: 'stream of a query runner, without the marker',
      run: () =>
        withRunner(dataSource, async (runner) => {
          const stream = await runner.stream('select id, owner from authors');
          return [...(await stream.toArray()), ...(await all(runner.manager))];
        }),
    },
    {
      name: 'stream in a transaction',
      run: () =>
        dataSource.transaction(async (manager) => {
          const sql = 'select id, owner from "$tenant"."books" where id > $1';
          const stream = await manager.queryRunner.stream(sql, [0]);
          return [...(await stream.toArray()), ...(await all(manager))];
        }),
    },
  ];
}

function transactions(dataSource) {
  return [
    {
      name: 'transaction',
      run: (tenant) =>
        dataSource.transaction(async (manager) => {
          const written = await insert(manager, tenant, 'transaction');
          const read = await manager.findBy('Journal', { id: written.id });
          return [written, ...read, ...(await manager.query('select owner from authors'))];
        }),
    },
    { name: 'transaction, serializable', run: () => dataSource.transaction('SERIALIZABLE', all) },
    {
      name: 'transaction that is rolled back',
      async run(tenant) {
        await undone(
          dataSource.transaction(async (manager) => {
            await insert(manager, tenant, UNDONE);
            throw new Undo();
          }),
        );
        return all(dataSource.manager);
      },
    },
    {
      name: 'nested transaction that is rolled back',
      run: (tenant) =>
        dataSource.transaction(async (outer) => {
          const first = await insert(outer, tenant, 'outer');
          await undone(
            outer.transaction(async (inner) => {
              await insert(inner, tenant, UNDONE);
              await inner.query('select owner from authors');
              throw new Undo();
            }),
          );
          const last = await insert(outer, tenant, 'after the inner one');
          return [first, last, ...(await all(outer))];
        }),
    },
    {
      name: 'query runner with a transaction',
      run: (tenant) =>
        withRunner(dataSource, async (runner) => {
          await runner.startTransaction('REPEATABLE READ');
          const written = await insert(runner.manager, tenant, 'query runner');
          const rows = await runner.query('select owner from authors');
          await runner.commitTransaction();
          return [written, ...rows, ...(await all(runner.manager))];
        }),
    },
    {
      name: 'query runner with a rollback',
      run: (tenant) =>
        withRunner(dataSource, async (runner) => {
          await runner.startTransaction();
          await insert(runner.manager, tenant, UNDONE);
          await runner.rollbackTransaction();
          return all(runner.manager);
        }),
    },
    {
      name: 'query runner with savepoints',
      run: (tenant) =>
        withRunner(dataSource, async (runner) => {
          await runner.startTransaction();
          const first = await insert(runner.manager, tenant, 'before the savepoint');
          await runner.startTransaction();
          await insert(runner.manager, tenant, UNDONE);
          await runner.rollbackTransaction();
          const rows = await runner.query('select owner from authors');
          await runner.startTransaction();
          const second = await insert(runner.manager, tenant, 'in a savepoint');
          await runner.commitTransaction();
          await runner.commitTransaction();
          return [first, second, ...rows];
        }),
    },
  ];
}

async function withRunner(dataSource, work) {
  const runner = dataSource.createQueryRunner();
  try {
    return await work(runner);
  } catch (error) {
    if (runner.isTransactionActive) await runner.rollbackTransaction();
    throw error;
  } finally {
    await runner.release();
  }
}

/** A root, a child and a grandchild, read back from either end. */
function trees(dataSource) {
  const kind = (type, name, table) => ({
    name: `tree entity: ${type}`,
    run: (tenant) =>
      dataSource.transaction(async (manager) => {
        // A nested set is renumbered by whoever adds to it.
        await manager.query(`lock table "$tenant"."${table}" in exclusive mode`);
        const nodes = manager.getTreeRepository(name);
        const [top] = await nodes.find({ where: { owner: tenant }, order: { id: 'ASC' }, take: 1 });
        const root = top ?? (await nodes.save({ owner: tenant }));
        const child = await nodes.save({ owner: tenant, parent: root });
        const leaf = await nodes.save({ owner: tenant, parent: child });
        const ancestors = await nodes.findAncestors(leaf);
        const below = await nodes.findDescendants(child);
        const { children } = await nodes.findDescendantsTree(child);
        const roots = await nodes.findRoots();
        if (below.length !== 2 || ancestors.length !== 3) throw new Error('It is another tree.');
        return [...ancestors, ...below, ...children, ...roots].map((node) => ({
          id: node.id,
          owner: node.owner,
        }));
      }),
  });
  return [
    kind('closure-table', 'Category', 'categories'),
    kind('materialized-path', 'Folder', 'folders'),
    kind('nested-set', 'Chapter', 'chapters'),
  ];
}
