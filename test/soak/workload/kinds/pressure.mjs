import { setTimeout as delay } from 'node:timers/promises';
import { SEEDED } from '../../tenancy.mjs';
import { sqlStateIn } from '../errors.mjs';

const UPDATE = 'update items set note = $2 where id = $1';

/** Texts that the server refuses, each with what it says. */
const WRONG = [
  ['selec 1', '42601'],
  ['select nonsense from items', '42703'],
  ['select 1 / (id - id) from items', '22012'],
  [`insert into items (id, owner) overriding system value values (1, 'twice')`, '23505'],
];

async function meets(state, work) {
  try {
    await work();
  } catch (error) {
    if (sqlStateIn(error) !== state) throw error;
    return;
  }
  throw new Error(`The server did not say ${state}.`);
}

/** What keeps connections busy, fails on the server, or gets in each other's way. */
export const pressure = [
  {
    name: 'slow statement',
    weight: 0.6,
    run: ({ pool, random }) => pool.query('select pg_sleep($1)', [random.between(10, 80) / 1_000]),
  },
  {
    name: 'transaction that does nothing for a while',
    weight: 0.3,
    run: ({ store, random, see }) =>
      store.transaction(async (tx) => {
        see(await tx.find(1));
        await delay(random.between(20, 150));
        see(await tx.find(2));
      }),
  },
  {
    name: 'many statements at once',
    weight: 0.15,
    async run({ store, random, see, failed }) {
      const finds = Array.from({ length: random.between(20, 120) }, async () =>
        see(await store.find(random.between(1, SEEDED))),
      );
      const outcomes = await Promise.allSettled(finds);
      for (const { reason } of outcomes) if (reason) failed(reason);
    },
  },
  {
    name: 'statement on the pool inside of a transaction',
    weight: 1,
    run: ({ store, complete }) =>
      store.transaction(async (tx) => {
        complete(await tx.all());
        complete(await store.all());
      }),
  },
  {
    name: 'text that the server refuses',
    weight: 1.5,
    async run({ store, random }) {
      const [text, state] = random.pick(WRONG);
      await meets(state, () => store.sql(text));
    },
  },
  {
    name: 'transaction that goes on after an error',
    weight: 0.5,
    async run({ pool, tenant, random, ledger }) {
      const client = await pool.connect();
      try {
        await client.query('begin');
        await client.query('insert into items (owner, note) values ($1, $2)', [
          tenant.slug,
          ledger.note('undone'),
        ]);
        const [text, state] = random.pick(WRONG);
        await meets(state, () => client.query(text));
        await meets('25P02', () => client.query('select 1'));
        await client.query('commit');
      } finally {
        client.release();
      }
    },
  },
  {
    name: 'two rows in any order, in one transaction',
    weight: 0.5,
    provokes: ['40P01', '40001'],
    async run({ pool, random, ledger }) {
      const client = await pool.connect();
      try {
        await client.query(`begin isolation level ${random.pick(LEVELS)}`);
        for (let row = 0; row < 2; row++) {
          await client.query(UPDATE, [random.between(1, SEEDED), ledger.note('either')]);
        }
        await client.query('commit');
      } finally {
        client.release();
      }
    },
  },
];

const LEVELS = ['read committed', 'repeatable read', 'serializable'];
