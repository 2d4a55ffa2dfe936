import { currentTenant, runWithTenant, tryCurrentTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

const tenancy = useTenancy();
const insert = (slug: string, status: string) =>
  tenancy.database.query(
    `insert into tenancy.tenants (id, slug, schema_name, placement, status, name, metadata)
     values (gen_random_uuid(), $1, 'tenant_' || replace($1, '-', '_'), 'default', $2, $1, '{}')`,
    [slug, status],
  );
const slugs = (tenants: readonly Tenant[]) => tenants.map(({ slug }) => slug);

describe('registry.all()', () => {
  beforeAll(async () => {
    await tenancy.database.query(
      `insert into tenancy.tenants (id, slug, schema_name, placement, status, name, metadata)
       select gen_random_uuid(), 's' || lpad(i::text, 3, '0'), 'tenant_s' || i, 'default', 'suspended', i::text, '{}'
       from generate_series(1, 131) i`,
    );
  });
  afterAll(() => tenancy.database.query('delete from tenancy.tenants'));

  it('comes to all tenants, once and in order, whatever the page', async () => {
    for (const pageSize of [1, 7, 131, undefined]) {
      const found: Tenant[] = [];
      const options = pageSize === undefined ? {} : { pageSize };
      for await (const tenant of tenancy.registry.all(options)) found.push(tenant);
      expect(slugs(found)).toEqual(slugs(found).toSorted());
      expect(new Set(slugs(found)).size).toBe(131);
    }
  });

  it('misses and repeats none while others are created and removed, also the last one seen', async () => {
    const found: string[] = [];
    for await (const { slug } of tenancy.registry.all({ pageSize: 10 })) {
      found.push(slug);
      if (/^s\d\d0$/.test(slug)) {
        await tenancy.database.query('delete from tenancy.tenants where slug = $1', [slug]);
        await insert(`a${slug}`, 'suspended');
      }
    }
    expect(found).toHaveLength(131);
    expect(new Set(found).size).toBe(131);
  });

  it('is asked outside of the tenant that is in context', async () => {
    await insert('one', 'active');
    const [one] = await tenancy.registry.list({ status: 'active' });
    const found = await runWithTenant(one as Tenant, async () => {
      const all: Tenant[] = [];
      for await (const tenant of tenancy.registry.all({ status: 'active' })) {
        expect(currentTenant().slug).toBe('one');
        all.push(tenant);
      }
      return all;
    });
    expect(slugs(found)).toEqual(['one']);
  });

  it.each([{ pageSize: NaN }, { pageSize: 0 }, { status: 'actve' }, { limit: 3 }])(
    'refuses %p',
    async (options) => {
      await expect(tenancy.registry.all(options as object).next()).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
      });
    },
  );
});

describe('tenants.forEach()', () => {
  const NAMES = ['a', 'b', 'c', 'd', 'e'];
  beforeAll(async () => {
    for (const slug of [...NAMES, 'idle']) await tenancy.tenants.create({ slug });
    await tenancy.tenants.suspend('idle');
  });

  it('runs as each active tenant, and reads its rows alone', async () => {
    for (const concurrency of [1, 3, 50]) {
      const report = await tenancy.tenants.forEach(
        async ({ slug }) => {
          await tenancy.connections.pool.query(
            'insert into "$tenant"."items" (owner) values ($1)',
            [slug],
          );
          const { rows } = await tenancy.connections.pool.query(
            'select distinct owner from "$tenant"."items"',
          );
          expect(rows).toEqual([{ owner: slug }]);
          expect(currentTenant().slug).toBe(slug);
        },
        { concurrency },
      );
      expect(slugs(report.done).toSorted()).toEqual(NAMES);
      expect(report).toMatchObject({ failed: [], skipped: [] });
    }
    expect(tryCurrentTenant()).toBeUndefined();
  });

  const failing = ({ slug }: Tenant) => {
    if (slug === 'b' || slug === 'd') throw new Error(`secret of ${slug}`);
  };

  it('stops at the first failure, with an error that tells of all and shows no data', async () => {
    const error: unknown = await tenancy.tenants.forEach(failing).catch((it: unknown) => it);
    expect(error).toMatchObject({ code: 'FOR_EACH_FAILED', cause: { message: 'secret of b' } });
    expect((error as Error).message).not.toContain('secret');
    const { report } = error as { report: Awaited<ReturnType<typeof tenancy.tenants.forEach>> };
    expect(slugs(report.done)).toEqual(['a']);
    expect(report.failed.map(({ tenant }) => tenant.slug)).toEqual(['b']);
    expect(slugs(report.skipped)).toEqual(['c', 'd', 'e']);
  });

  it('goes on with continueOnError', async () => {
    const report = await tenancy.tenants.forEach(failing, { continueOnError: true });
    expect(slugs(report.done)).toEqual(['a', 'c', 'e']);
    expect(report.failed.map(({ error }) => error.message)).toEqual(['secret of b', 'secret of d']);
  });

  it('begins none once it is stopped, and finishes those under way', async () => {
    const stop = new AbortController();
    const report = await tenancy.tenants.forEach(
      async ({ slug }) => {
        if (slug === 'b') stop.abort();
        await new Promise((resolve) => setTimeout(resolve, 5));
      },
      { signal: stop.signal },
    );
    expect([slugs(report.done), slugs(report.skipped)]).toEqual([
      ['a', 'b'],
      ['c', 'd', 'e'],
    ]);
  });

  it.each([
    { concurrency: NaN },
    { concurrency: '2' },
    { concurrency: 0 },
    { continueOnError: 'false' },
    { signal: {} },
    { onProgress: 1 },
    { concurency: 2 },
  ])('refuses %p, and begins nothing', async (options) => {
    const fn = jest.fn();
    await expect(tenancy.tenants.forEach(fn, options as object)).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
    });
    expect(fn).not.toHaveBeenCalled();
  });
});
