import { SEEDED } from '../../tenancy.mjs';

const BARE = `select id, owner, note from items where id <= ${SEEDED}`;
const MARKED = `select id, owner, note from "$tenant"."items" where id = $1`;

const anyId = (random) => random.between(1, SEEDED);

export const reads = [
  {
    name: 'all rows, by the ORM',
    weight: 8,
    run: async ({ store, complete }) => complete(await store.all()),
  },
  {
    name: 'one row, by the ORM',
    weight: 20,
    run: async ({ store, random, one }) => one(await store.find(anyId(random))),
  },
  {
    name: 'text without the marker, by the ORM',
    weight: 8,
    run: async ({ store, complete }) => complete(await store.sql(BARE)),
  },
  {
    name: 'text with the marker, by pg',
    weight: 6,
    run: async ({ pool, random, one }) => one((await pool.query(MARKED, [anyId(random)])).rows),
  },
  {
    name: 'named statement, by pg',
    weight: 3,
    async run({ pool, random, one }) {
      one((await pool.query({ name: 'one', text: MARKED, values: [anyId(random)] })).rows);
    },
  },
  {
    name: 'rows as arrays, by pg',
    weight: 3,
    async run({ pool, complete }) {
      const { rows } = await pool.query({ text: BARE, rowMode: 'array' });
      complete(rows.map(([id, owner, note]) => ({ id, owner, note })));
    },
  },
  {
    name: 'answered to a callback, by pg',
    weight: 3,
    async run({ pool, complete }) {
      const answered = new Promise((resolve, reject) => {
        pool.query(BARE, (error, result) => (error ? reject(error) : resolve(result)));
      });
      complete((await answered).rows);
    },
  },
  {
    name: 'several statements in one text, by pg',
    weight: 2,
    async run({ pool, complete }) {
      for (const { rows } of await pool.query(`${BARE}; ${BARE}`)) complete(rows);
    },
  },
];
