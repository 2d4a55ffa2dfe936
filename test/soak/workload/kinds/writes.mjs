import { SEEDED } from '../../tenancy.mjs';
import { ignoreUndo, Undo } from '../errors.mjs';

const INSERT = 'insert into items (owner, note) values ($1, $2)';
const NEWEST = 'select id, owner, note from items order by id desc limit 3';

export const writes = [
  {
    name: 'insert, by the ORM',
    weight: 6,
    async run({ store, tenant, ledger, see }) {
      const note = ledger.note('kept');
      see(await ledger.write(tenant, note, () => store.insert(tenant.slug, note)));
    },
  },
  {
    name: 'update, by the ORM',
    weight: 4,
    async run({ store, random, ledger, see }) {
      see(await store.update(random.between(1, SEEDED), ledger.note('either')));
    },
  },
  {
    name: 'transaction with a savepoint that is rolled back',
    weight: 6,
    async run({ store, tenant, ledger, see }) {
      const note = ledger.note('kept');
      const rows = await ledger.write(tenant, note, () =>
        store.transaction(async (tx) => {
          await tx.insert(tenant.slug, note);
          const inner = tx.transaction(async (savepoint) => {
            await savepoint.insert(tenant.slug, ledger.note('undone'));
            throw new Undo();
          });
          await inner.catch(ignoreUndo);
          return tx.sql(NEWEST);
        }),
      );
      see(rows);
    },
  },
  {
    name: 'transaction by hand, on a client of pg',
    weight: 4,
    async run({ pool, tenant, ledger, see }) {
      const note = ledger.note('kept');
      await ledger.write(tenant, note, async () => {
        const client = await pool.connect();
        try {
          await client.query('begin');
          await client.query(INSERT, [tenant.slug, note]);
          see((await client.query(NEWEST)).rows);
          await client.query('commit');
        } finally {
          // After an error with its transaction open: it is for the pool to notice.
          client.release();
        }
      });
    },
  },
  {
    name: 'work that throws in the middle of a transaction',
    weight: 4,
    async run({ store, tenant, random, ledger }) {
      const work = store.transaction(async (tx) => {
        await tx.insert(tenant.slug, ledger.note('undone'));
        await tx.update(random.between(1, SEEDED), ledger.note('undone'));
        throw new Undo();
      });
      await work.catch(ignoreUndo);
    },
  },
];
