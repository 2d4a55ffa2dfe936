import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { runWithTenant, withoutTenant } from '@mt/runtime';
import { SEEDED } from '../../tenancy.mjs';
import { ignoreUndo, tenancyErrorIn, Undo } from '../errors.mjs';

const INSERT = 'insert into items (owner, note) values ($1, $2)';

/** Texts whose effect outlives them: whoever gets the connection next would have it. */
const LASTING = [
  ({ schema }) => `set search_path to ${schema}`,
  ({ schema }) => `select set_config('search_path', '${schema}', false)`,
  ({ schema }) => `prepare theirs as select * from ${schema}.items`,
  ({ schema }) => `create temporary table items as select * from ${schema}.items`,
  () => 'reset all',
  () => 'listen changes',
  () => 'select pg_advisory_lock(1)',
  () => 'begin',
];

/** What applications do wrong, and must not get another tenant's rows by. */
export const misuse = [
  {
    name: 'client released while its statement runs',
    weight: 0.4,
    async run({ pool, tenant, ledger, later }) {
      const client = await pool.connect();
      const note = ledger.note('kept');
      later(ledger.write(tenant, note, () => client.query(INSERT, [tenant.slug, note])));
      client.release();
    },
  },
  {
    name: 'client released while it commits',
    weight: 0.4,
    async run({ pool, tenant, ledger, later }) {
      const client = await pool.connect();
      try {
        const note = ledger.note('kept');
        await client.query('begin');
        await client.query(INSERT, [tenant.slug, note]);
        later(ledger.write(tenant, note, () => client.query('commit')));
      } finally {
        client.release();
      }
    },
  },
  {
    name: 'client released with its transaction open',
    weight: 0.4,
    async run({ pool, tenant, ledger, later }) {
      const client = await pool.connect();
      later(client.query('begin'));
      later(client.query(INSERT, [tenant.slug, ledger.note('undone')]));
      client.release();
    },
  },
  {
    name: 'statement not awaited in a transaction that throws',
    weight: 0.4,
    async run({ store, tenant, ledger, later }) {
      const work = store.transaction(async (tx) => {
        later(
          tx.sql(
            `insert into items (owner, note) values ('${tenant.slug}', '${ledger.note('undone')}')`,
          ),
        );
        await turn();
        throw new Undo();
      });
      await work.catch(ignoreUndo);
    },
  },
  {
    name: 'transaction that nobody awaits',
    weight: 0.4,
    async run({ store, tenant, ledger, later }) {
      const note = ledger.note('kept');
      const work = async (tx) => {
        await delay(5);
        await tx.insert(tenant.slug, note);
      };
      later(ledger.write(tenant, note, () => store.transaction(work)));
    },
  },
  {
    name: 'transaction used by another tenant',
    weight: 0.4,
    run: ({ store, other, refused }) =>
      store.transaction((tx) =>
        refused('TENANT_MISMATCH', () => runWithTenant(other, () => tx.all())),
      ),
  },
  {
    name: 'statement without a context',
    weight: 0.4,
    outside: true,
    run: ({ store, refused }) => refused('TENANT_CONTEXT_MISSING', () => store.all()),
  },
  {
    name: 'statement on a tenant table, explicitly without a tenant',
    weight: 0.4,
    outside: true,
    run: ({ store, refused }) =>
      refused('TENANT_CONTEXT_MISSING', () => withoutTenant(() => store.all())),
  },
  {
    name: 'what would stay on the connection',
    weight: 0.8,
    run: ({ pool, other, random, refused }) =>
      refused('STATEMENT_UNSUPPORTED', () => pool.query(random.pick(LASTING)(other))),
  },
  {
    name: 'search path of another tenant, set by code that nobody reads',
    weight: 0.2,
    async run({ pool, other, random, one }) {
      const client = await pool.connect();
      try {
        await client.query(
          `do $$ begin perform set_config('search_path', '${other.schema}', false); end $$`,
        );
        const id = random.between(1, SEEDED);
        one((await client.query('select id, owner, note from items where id = $1', [id])).rows);
      } catch (error) {
        if (tenancyErrorIn(error)?.code !== 'STATEMENT_UNSUPPORTED') throw error;
      } finally {
        client.release();
      }
    },
  },
];
