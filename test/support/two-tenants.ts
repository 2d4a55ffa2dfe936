import type { Tenant, TenantPool } from '@mt/runtime';
import type { TestTenancy } from './tenancy.js';

/** A statement that names the marker schema, and one that relies on the search path. */
export const MARKED = 'select owner from "$tenant"."items" order by id';
export const BARE = 'select owner from items order by id';

export interface TwoTenants extends TestTenancy {
  readonly acme: Tenant;
  readonly globex: Tenant;
  readonly pool: TenantPool;
  /** Asks behind the runtime's back. */
  owners(tenant: Tenant): Promise<string[]>;
}

/**
 * Two tenants, each with one row of the same id that says whose it is, and a table of the same name
 * in `public`. After each test nothing of a tenant may be left on a connection of the pool.
 */
export function useTwoTenants(tenancy: TestTenancy): TwoTenants {
  const two = tenancy as TestTenancy & { -readonly [K in keyof TwoTenants]: TwoTenants[K] };

  beforeAll(async () => {
    // What a failed test leaves open fails the next one, instead of having it wait.
    await tenancy.database.query(`set lock_timeout = '5s'`);
    two.pool = tenancy.connections.pool;
    two.owners = async ({ schema }) => {
      const text = `select owner from ${schema}.items order by id`;
      return (await tenancy.database.query<{ owner: string }>(text)).map(({ owner }) => owner);
    };
    two.acme = await tenancy.tenants.create({ slug: 'acme' });
    two.globex = await tenancy.tenants.create({ slug: 'globex' });
    await tenancy.database.query(`create table public.items (id int, owner text default 'public')`);
    await tenancy.database.query(`insert into public.items (id) values (1)`);
  });

  beforeEach(async () => {
    for (const { schema, slug } of [two.acme, two.globex]) {
      await tenancy.database.query(`truncate ${schema}.items restart identity`);
      await tenancy.database.query(`insert into ${schema}.items (owner) values ($1)`, [slug]);
    }
  });

  afterEach(async () => {
    for (const path of await searchPaths(tenancy)) expect(path).toBe('"$user", public');
    expect(tenancy.connections.getActiveCount()).toBe(0);
  });

  return two;
}

/** What the next user of each connection would find. */
export async function searchPaths({ connections }: TestTenancy): Promise<string[]> {
  // All at once, so that each gets another one.
  const text = "select current_setting('search_path') as path from pg_sleep(0.01)";
  const asked = Array.from({ length: connections.placement().application.max }, () =>
    connections.unscopedQuery<{ path: string }>(text),
  );
  return (await Promise.all(asked)).flatMap(({ rows }) => rows.map(({ path }) => path));
}
