import { setTimeout as sleep } from 'node:timers/promises';
import { runWithTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy({ max: 10 });
let acme: Tenant;
beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

/** A transaction that pauses looks like one that waits for another connection. */
async function transaction(pauseMs = 250): Promise<void> {
  const client = await tenancy.connections.pool.connect();
  try {
    await client.query('begin');
    await client.query('select from items');
    await sleep(pauseMs);
    await client.query('commit');
  } finally {
    client.release();
  }
}

it.each([
  [12, 250],
  [20, 250],
  [40, 250],
  // However long: two that wait are not what ten wait for.
  [12, 1_800],
])('%i transactions of one request that pause for %i ms are all served', async (count, pauseMs) => {
  const done = await runWithTenant(acme, () =>
    Promise.allSettled(Array.from({ length: count }, () => transaction(pauseMs))),
  );
  expect(done.filter(({ status }) => status === 'rejected')).toEqual([]);
});

it('a request that waits for itself is told so, and gives its connections back', async () => {
  const nested = await runWithTenant(acme, () =>
    Promise.allSettled(
      Array.from({ length: 12 }, async () => {
        const client = await tenancy.connections.pool.connect();
        try {
          await client.query('begin');
          await sleep(50);
          await tenancy.connections.pool.query('select from items');
        } finally {
          client.release();
        }
      }),
    ),
  );
  const failed = nested.filter(({ status }) => status === 'rejected');
  expect(failed.length).toBeGreaterThan(0);
  for (const { reason } of failed as PromiseRejectedResult[]) {
    expect(reason).toMatchObject({ code: 'CONNECTION_DEADLOCK' });
  }
  await runWithTenant(acme, () => transaction());
});
