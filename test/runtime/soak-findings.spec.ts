import { runWithTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

// What `npm run soak` found, each in its smallest form.
const tenancy = useTenancy({ max: 2 });
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

describe('a client that is released while its statements run', () => {
  it('has them fail with an error that says whether they may be done again', async () => {
    const running = await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      const outcomes = Promise.allSettled([
        client.query(`insert into items (owner) values ('acme')`),
        client.query('select 1'),
      ]);
      client.release();
      return outcomes;
    });
    const lost = { status: 'rejected', reason: { code: 'CONNECTION_LOST', retryable: false } };
    expect(running).toMatchObject([lost, lost]);
  });

  it('has those of an open transaction fail as safe to be done again', async () => {
    const running = await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      await client.query('begin');
      const outcomes = Promise.allSettled([client.query('select pg_sleep(10)')]);
      client.release();
      return outcomes;
    });
    expect(running).toMatchObject([
      { status: 'rejected', reason: { code: 'CONNECTION_LOST', retryable: true } },
    ]);
  });
});
