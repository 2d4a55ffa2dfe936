import { runWithTenant, UnsupportedStatementError, type Tenant } from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';
import { BARE, MARKED, useTwoTenants } from '../../support/two-tenants.js';

// A name stands for one text on a connection. Here one name would stand for one text a tenant: the
// server would have to keep them all, and behind a pooler in transaction mode another client's text.
// So they are sent without.
const two = useTwoTenants(useTenancy({ max: 2 }));

const MANY = 20;
let many: Tenant[];

beforeAll(async () => {
  many = [two.acme, two.globex];
  for (let n = 0; n < MANY; n++) {
    const tenant = await two.tenants.create({ slug: `many-${n}` });
    await two.database.query(`insert into ${tenant.schema}.items (owner) values ($1)`, [
      tenant.slug,
    ]);
    many.push(tenant);
  }
});

/** On both connections of the pool at once. */
async function preparedStatements(): Promise<string[]> {
  const clients = await runWithTenant(two.acme, () =>
    Promise.all([two.pool.connect(), two.pool.connect()]),
  );
  const results = await Promise.all(
    clients.map((client) =>
      client.query<{ name: string }>('select name from pg_prepared_statements'),
    ),
  );
  for (const client of clients) client.release();
  return results.flatMap(({ rows }) => rows.map(({ name }) => name));
}

it.each([MARKED, BARE])('reads each tenant’s own rows by one name: %s', async (text) => {
  const reads = many.flatMap((tenant) =>
    [1, 2, 3].map(async () => {
      const { rows } = await runWithTenant(tenant, () => two.pool.query({ name: 'items', text }));
      expect(rows).toEqual([{ owner: tenant.slug }]);
    }),
  );
  await Promise.all(reads);
});

it('takes one name for different texts', async () => {
  await runWithTenant(two.acme, async () => {
    const client = await two.pool.connect();
    for (const [text, expected] of [
      [BARE, { owner: 'acme' }],
      ['select 1 as n', { n: 1 }],
      [MARKED, { owner: 'acme' }],
      ['select $1::int as n', { n: 2 }],
    ] as const) {
      const values = text.includes('$1') ? [2] : [];
      for (const queryable of [two.pool, client]) {
        expect((await queryable.query({ name: 'same', text, values })).rows).toEqual([expected]);
      }
    }
    client.release();
  });
});

it('leaves no statement on the server that grows with tenants, names or texts', async () => {
  for (const tenant of many) {
    for (let n = 0; n < 5; n++) {
      const text = `select ${n}, owner from items`;
      await runWithTenant(tenant, () => two.pool.query({ name: `statement_${n}`, text }));
    }
  }
  const names = await preparedStatements();
  // What repeats on tenants' tables is prepared under names of the runtime, and bounded.
  expect(names.filter((name) => !/^mt1?_/.test(name))).toEqual([]);
  // Its own, which makes the settings, is there once on each connection, whatever runs.
  expect(names.filter((name) => name.startsWith('mt1_')).length).toBeLessThanOrEqual(2);
});

it('works through changes of a table that a prepared statement would not survive', async () => {
  const named = { name: 'all', text: 'select * from items' };
  await runWithTenant(two.acme, async () => {
    expect((await two.pool.query(named)).fields).toHaveLength(3);
    await two.database.query(`alter table ${two.acme.schema}.items add column more int`);
    expect((await two.pool.query(named)).fields).toHaveLength(4);
    await two.database.query(`alter table ${two.acme.schema}.items drop column more`);
  });
});

it('refuses a name without its text, and PREPARE', async () => {
  await runWithTenant(two.acme, async () => {
    await expect(two.pool.query({ name: 'items' } as never)).rejects.toThrow(
      UnsupportedStatementError,
    );
    await expect(two.pool.query(`prepare items as ${BARE}`)).rejects.toThrow(
      UnsupportedStatementError,
    );
  });
});
