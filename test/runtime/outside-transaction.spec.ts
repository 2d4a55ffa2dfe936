import { runWithTenant, withoutTenant, type ConnectionManager, type Tenant } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { sql } from 'drizzle-orm';
import Cursor from 'pg-cursor';
import { useAccounts } from '../support/accounts.js';
import { eventually } from '../support/eventually.js';
import { describeWithPgBouncer, usePgBouncer } from '../support/pgbouncer.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy, type TestTenancy } from '../support/tenancy.js';

// What the server runs in no transaction, and so not behind settings that end with one.

const accounts = useAccounts();

/** Which file each of the tenant's tables and indexes is in: VACUUM FULL and REINDEX make new ones. */
const files = ({ database }: TestTenancy, { schema }: Tenant) =>
  database.query<{ name: string; file: number }>(
    `select relname as name, pg_relation_filenode(oid)::int as file from pg_class
      where relnamespace = $1::regnamespace and relkind in ('r', 'i') order by 1`,
    [schema],
  );

/** Connections to the database besides that of the test. */
const connected = async ({ database }: TestTenancy) => {
  const rows = await database.query(
    `select from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend'`,
  );
  return rows.length;
};

describe('under schema isolation', () => {
  const tenancy = useTenancy({ max: 3, sharedSchemas: ['shared'] });
  let acme: Tenant;
  let globex: Tenant;
  beforeAll(async () => {
    await tenancy.database.query(
      'create schema shared; create function shared.folded(text) returns text immutable language sql return lower($1)',
    );
    acme = await tenancy.tenants.create({ slug: 'acme' });
    globex = await tenancy.tenants.create({ slug: 'globex' });
  });
  const asAcme = <T>(work: () => T): T => runWithTenant(acme, work);
  const query = (text: string) => tenancy.connections.pool.query(text);

  it.each([
    'vacuum full items',
    'vacuum (full, analyze) "$tenant".items',
    'reindex table concurrently items',
    'reindex schema concurrently "$tenant"',
  ])('is the tenant’s: %s', async (text) => {
    const before = [await files(tenancy, acme), await files(tenancy, globex)];
    await asAcme(() => query(text));
    const after = [await files(tenancy, acme), await files(tenancy, globex)];
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).toEqual(before[1]);
  });

  it('finds names in the tenant’s schema and in shared ones', async () => {
    await asAcme(() => query('create index concurrently folded_owner on items (folded(owner))'));
    const indexes = await tenancy.database.query(
      `select schemaname from pg_indexes where indexname = 'folded_owner'`,
    );
    expect(indexes).toEqual([{ schemaname: acme.schema }]);
    await expect(
      runWithTenant(globex, () => query('drop index concurrently folded_owner')),
    ).rejects.toMatchObject({ code: '42704' });
    await asAcme(() => query('drop index concurrently "$tenant".folded_owner'));
  });

  const dataSource = () => createTenantDataSource(tenancy.connections).initialize();
  const ways: Record<string, (text: string) => Promise<unknown>> = {
    'a client': async (text) => {
      const client = await tenancy.connections.pool.connect();
      await client.query(text).finally(() => client.release());
    },
    Drizzle: (text) => createTenantDatabase(tenancy.connections, {}).execute(sql.raw(text)),
    TypeORM: async (text) => {
      const source = await dataSource();
      await source.query(text);
      await source.destroy();
    },
  };
  it.each(Object.entries(ways))('is sent by %s', async (_, send) => {
    const before = await files(tenancy, acme);
    await asAcme(() => send('vacuum full items'));
    expect(await files(tenancy, acme)).not.toEqual(before);
  });

  it('leaves nothing open, and nothing on the connections of the pool', async () => {
    await asAcme(() => query('vacuum items'));
    await asAcme(() => query('create index concurrently on items (nonsense)')).catch(
      ({ code }: { code: string }) => expect(code).toBe('42703'),
    );
    const total = tenancy.connections.getTotalCount();
    await eventually(async () => (await connected(tenancy)) === total);
    expect(tenancy.connections.getActiveCount()).toBe(0);
    await expect(withoutTenant(() => query('select from items'))).rejects.toMatchObject({
      code: '42P01',
    });
  });

  it('is refused in a transaction, which goes on', async () => {
    await asAcme(async () => {
      const client = await tenancy.connections.pool.connect();
      await client.query('begin');
      await expect(client.query('vacuum items')).rejects.toThrow(/in no transaction, and one is/);
      await client.query('select from items');
      await client.query('commit');
      client.release();
    });
  });

  it.each(['select 1; vacuum items', 'vacuum items; vacuum items', 'begin; vacuum items; commit'])(
    'is refused among others: %s',
    async (text) => {
      await asAcme(async () => {
        const client = await tenancy.connections.pool.connect();
        await expect(client.query(text)).rejects.toThrow(/the server runs one of them in none/);
        expect(() => client.query(new Cursor('vacuum items'))).toThrow(/part of one/);
        client.release();
      });
    },
  );

  it('is refused in a migration, with what to do', async () => {
    await tenancy.migration('0001_apart', 'create index concurrently on "$tenant".items (owner)');
    await expect(tenancy.tenants.create({ slug: 'late' })).rejects.toThrow(
      /A migration is a transaction, and/,
    );
    await tenancy.migration('0001_apart', 'create index on "$tenant".items (owner)');
  });

  it('is sent for code without a tenant, behind the settings of shared schemas', async () => {
    const before = await files(tenancy, acme);
    await withoutTenant(() => query(`vacuum full ${acme.schema}.items`));
    expect(await files(tenancy, acme)).not.toEqual(before);
    await withoutTenant(() => query('vacuum'));
  });

  const connect = (options = {}): ConnectionManager =>
    accounts.connect({
      connectionString: tenancy.database.connectionString,
      max: 1,
      ...options,
    });

  it('has no longer than its tenant’s statements have', async () => {
    const connections = connect({ statementTimeoutMs: 100 });
    await tenancy.database.query(
      `create or replace function ${acme.schema}.slow(text) returns text immutable language plpgsql as 'begin perform pg_sleep(5); return $1; end'`,
    );
    await tenancy.database.query(`insert into ${acme.schema}.items (owner) values ('acme')`);
    await expect(
      asAcme(() => connections.pool.query('create index concurrently on items (slow(owner))')),
    ).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
    await asAcme(() => connections.pool.query('select from items'));
  });

  it('is ended with the pool, or with the client that sent it', async () => {
    const slow = 'create index concurrently on items (slow(owner))';
    const started = () =>
      eventually(async () => {
        const rows = await tenancy.database.query(
          `select from pg_stat_activity where query like 'create index concurrently%' and state = 'active'`,
        );
        return rows.length > 0;
      });
    const ended = () =>
      eventually(async () => {
        const rows = await tenancy.database.query(
          `select from pg_stat_activity where query like 'create index concurrently%'`,
        );
        return rows.length === 0;
      });
    const connections = connect({ drainTimeoutMs: 50 });
    const first = asAcme(() => connections.pool.query(slow)).catch((error: unknown) => error);
    await started();
    await connections.close();
    expect(await first).toMatchObject({ code: 'CONNECTION_LOST', retryable: false });
    await ended();

    const other = connect();
    const client = await asAcme(() => other.pool.connect());
    const second = asAcme(() => client.query(slow)).catch((error: unknown) => error);
    await started();
    client.release();
    expect(await second).toMatchObject({ code: 'CONNECTION_LOST' });
    await ended();
  });

  it('is an error of its own where no connection can be had', async () => {
    const connections = connect({
      directConnectionString: 'postgres://nobody@127.0.0.1:1/nothing',
    });
    await expect(asAcme(() => connections.pool.query('vacuum items'))).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
    });
    await asAcme(() => connections.pool.query('select from items'));
  });

  it('is refused where the direct way has another login', async () => {
    await tenancy.database.query(`create role of_another login superuser password 'x'`);
    const direct = new URL(tenancy.database.connectionString);
    Object.assign(direct, { username: 'of_another', password: 'x' });
    const connections = connect({ directConnectionString: direct.href });
    await expect(asAcme(() => connections.pool.query('vacuum items'))).rejects.toThrow(
      /another login/,
    );
    await tenancy.database.query('drop role of_another');
  });
});

describe('under role isolation', () => {
  const tenancy = useRoleTenancy({ max: 2 });
  it('runs as the tenant’s role', async () => {
    const acme = await tenancy.tenants.create({ slug: 'acme' });
    const globex = await tenancy.tenants.create({ slug: 'globex' });
    for (const { schema, role } of [acme, globex]) {
      await tenancy.database.query(`grant maintain on ${schema}.items to "${role}"`);
    }
    const before = [await files(tenancy, acme), await files(tenancy, globex)];
    const { pool } = tenancy.connections;
    await runWithTenant(acme, async () => {
      await pool.query('vacuum full items');
      await expect(pool.query(`vacuum full ${globex.schema}.items`)).rejects.toMatchObject({
        code: '42501',
      });
    });
    expect(await files(tenancy, acme)).not.toEqual(before[0]);
    expect(await files(tenancy, globex)).toEqual(before[1]);
  });
});

describeWithPgBouncer('behind PgBouncer in transaction mode', () => {
  const tenancy = useTenancy();
  const bouncer = usePgBouncer(tenancy.database, { poolMode: 'transaction', serverConnections: 2 });
  let acme: Tenant;
  beforeAll(async () => {
    acme = await tenancy.tenants.create({ slug: 'acme' });
  });

  it('is refused without a way past it, and sets nothing there', async () => {
    const connections = accounts.connect({ connectionString: bouncer.connectionString });
    await expect(runWithTenant(acme, () => connections.pool.query('vacuum items'))).rejects.toThrow(
      /behind a pooler/,
    );
    await expect(
      withoutTenant(() => connections.pool.query('select from items')),
    ).rejects.toMatchObject({ code: '42P01' });
  });

  it('is sent past it', async () => {
    const connections = accounts.connect({
      connectionString: bouncer.connectionString,
      directConnectionString: tenancy.database.connectionString,
    });
    const before = await files(tenancy, acme);
    await runWithTenant(acme, () => connections.pool.query('vacuum full items'));
    expect(await files(tenancy, acme)).not.toEqual(before);
  });
});
