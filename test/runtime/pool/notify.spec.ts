import { once } from 'node:events';
import type pg from 'pg';
import { runWithTenant, UnsupportedStatementError, withoutTenant } from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';
import { useTwoTenants } from '../../support/two-tenants.js';

const two = useTwoTenants(useTenancy({ max: 1 }));

const asAcme = <T>(work: () => Promise<T>) => runWithTenant(two.acme, work);

describe('LISTEN', () => {
  it.each(['listen news', 'LISTEN "news"', 'unlisten news', 'unlisten *', 'select 1; listen news'])(
    'is refused to tenants, who share connections, with the way to go: %s',
    async (text) => {
      const refusal = {
        code: 'STATEMENT_UNSUPPORTED',
        remedy: expect.stringContaining('connections.separateClient()') as string,
      };
      await asAcme(async () => {
        await expect(two.pool.query(text)).rejects.toMatchObject(refusal);
        const client = await two.pool.connect();
        await expect(client.query(text)).rejects.toMatchObject(refusal);
        client.release();
      });
      await expect(withoutTenant(() => two.pool.query(text))).rejects.toThrow(
        UnsupportedStatementError,
      );
    },
  );

  it('by code without a tenant leaves nothing on a connection', async () => {
    const client = await withoutTenant(() => two.pool.connect());
    await client.query('listen news');
    client.release();
    const { rows } = await two.connections.unscopedQuery('select pg_listening_channels()');
    expect(rows).toEqual([]);
  });
});

// A channel belongs to the database: every tenant reaches every channel, and whoever listens hears
// all of them. Only the transaction is the tenant's.
describe('NOTIFY', () => {
  let listener: pg.Client;

  beforeEach(async () => {
    listener = two.connections.separateClient();
    await listener.connect();
    await listener.query('listen news');
  });

  afterEach(() => listener.end());

  it.each([
    ['notify', () => two.pool.query(`notify news, 'from acme'`)],
    ['pg_notify()', () => two.pool.query('select pg_notify($1, $2)', ['news', 'from acme'])],
    [
      'pg_notify() of a row',
      () => two.pool.query(`select pg_notify('news', 'from ' || owner) from "$tenant".items`),
    ],
  ])('is heard by whoever listens: %s', async (_, send) => {
    const heard = once(listener, 'notification');
    await asAcme(send);
    expect(await heard).toMatchObject([{ channel: 'news', payload: 'from acme' }]);
  });

  it('goes out when its transaction commits, and not when it is rolled back', async () => {
    const heard: unknown[] = [];
    listener.on('notification', ({ payload }) => heard.push(payload));
    await asAcme(async () => {
      const client = await two.pool.connect();
      await client.query('begin');
      await client.query(`notify news, 'undone'`);
      await client.query('rollback');
      await client.query('begin');
      await client.query(`select pg_notify('news', 'kept')`);
      await listener.query('select 1');
      expect(heard).toEqual([]);
      await client.query('commit');
      client.release();
    });
    await listener.query('select 1');
    expect(heard).toEqual(['kept']);
  });
});
