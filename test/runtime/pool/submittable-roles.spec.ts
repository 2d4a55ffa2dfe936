import { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import copy from 'pg-copy-streams';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { runWithTenant, type Tenant, type TenantClient } from '@mt/runtime';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { ITEMS } from '../../support/tenancy.js';
import { useTwoTenants } from '../../support/two-tenants.js';

const two = useTwoTenants(useRoleTenancy({ max: 2 }, ITEMS));

async function withClient<T>(
  tenant: Tenant,
  work: (client: TenantClient) => Promise<T>,
): Promise<T> {
  return runWithTenant(tenant, async () => {
    const client = await two.pool.connect();
    try {
      return await work(client);
    } finally {
      client.release();
    }
  });
}

const readers = {
  'a cursor': async (client: TenantClient, text: string) => {
    const cursor = client.query(new Cursor<unknown>(text));
    try {
      return await cursor.read(10);
    } finally {
      await cursor.close();
    }
  },
  'a query stream': (client: TenantClient, text: string) =>
    Readable.from(client.query(new QueryStream(text))).toArray(),
  'a COPY stream': async (client: TenantClient, text: string) => {
    const copied = await textOf(client.query(copy.to(`copy (${text}) to stdout`)));
    return copied
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([me, owner]) => ({ me, owner }));
  },
};

describe.each(Object.entries(readers))('%s under role isolation', (_, read) => {
  it.each(['items', '"$tenant".items'])('runs as the tenant’s role on %s', async (table) => {
    for (const tenant of [two.acme, two.globex, two.acme]) {
      const rows = await withClient(tenant, (client) =>
        read(client, `select current_user::text as me, owner from ${table}`),
      );
      expect(rows).toEqual([{ me: tenant.role, owner: tenant.slug }]);
    }
  });

  it('is refused another tenant’s table by the server', async () => {
    const reading = withClient(two.acme, (client) =>
      read(client, `select owner, owner from ${two.globex.schema}.items`),
    );
    await expect(reading).rejects.toMatchObject({ code: '42501' });
  });

  it('is told where the role is gone, and the connection goes on', async () => {
    await withClient(two.acme, async (client) => {
      const pid = async () => (await client.query('select pg_backend_pid() as pid')).rows;
      const before = await pid();
      await two.database.query(`alter role "${two.acme.role}" rename to gone`);
      try {
        for (const table of ['items', '"$tenant".items']) {
          const reading = read(client, `select owner, owner from ${table}`);
          await expect(reading).rejects.toMatchObject({ code: '22023' });
        }
      } finally {
        await two.database.query(`alter role gone rename to "${two.acme.role}"`);
      }
      expect(await pid()).toEqual(before);
    });
  });
});

it('copies into the tenant’s own table, as its role', async () => {
  await withClient(two.acme, async (client) => {
    for (const table of ['items', '"$tenant".items']) {
      const into = client.query(copy.from(`copy ${table} (owner) from stdin`));
      await pipeline(Readable.from(['copied\n']), into);
    }
    const into = client.query(copy.from(`copy ${two.globex.schema}.items (owner) from stdin`));
    await expect(pipeline(Readable.from(['copied\n']), into)).rejects.toMatchObject({
      code: '42501',
    });
    await two.database.query(`alter role "${two.acme.role}" rename to gone`);
    try {
      const gone = client.query(copy.from('copy items (owner) from stdin'));
      await expect(pipeline(Readable.from(['copied\n']), gone)).rejects.toMatchObject({
        code: '22023',
      });
    } finally {
      await two.database.query(`alter role gone rename to "${two.acme.role}"`);
    }
  });
  expect(await two.owners(two.acme)).toEqual(['acme', 'copied', 'copied']);
  expect(await two.owners(two.globex)).toEqual(['globex']);
});
