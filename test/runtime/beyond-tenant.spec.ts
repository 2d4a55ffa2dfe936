import { runWithTenant, UnsupportedStatementError, withoutTenant, type Tenant } from '@mt/runtime';
import Cursor from 'pg-cursor';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy({ max: 2 });
let acme: Tenant;
beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

const STATEMENTS = [
  'select lastval()',
  `select query_to_xml('select 1', true, true, '')`,
  'select lo_create(0)',
  'create role intruder',
  'create extension citext',
  'vacuum',
];

describe.each(STATEMENTS)('%s', (text) => {
  it('is not sent for a tenant, by the pool, a client or a cursor', async () => {
    const { pool } = tenancy.connections;
    await runWithTenant(acme, async () => {
      await expect(pool.query(text)).rejects.toThrow(UnsupportedStatementError);
      await expect(pool.query(`select 1; ${text}`)).rejects.toThrow(UnsupportedStatementError);
      const client = await pool.connect();
      await client.query('begin');
      await expect(client.query(text)).rejects.toThrow(UnsupportedStatementError);
      expect(() => client.query(new Cursor(text))).toThrow(UnsupportedStatementError);
      // Nothing was sent, so the transaction goes on.
      await client.query('select from items');
      await client.query('commit');
      client.release();
    });
  });
});

it.each(['select lo_unlink(lo_create(0))', 'vacuum tenant_acme.items', 'create role of_nobody'])(
  'is sent for code without a tenant: %s',
  async (text) => {
    await withoutTenant(() => tenancy.connections.pool.query(text));
    await tenancy.database.query('drop role if exists of_nobody');
  },
);
