import {
  ConfigurationError,
  ConnectionManager,
  runWithTenant,
  withoutTenant,
  type Tenant,
} from '@mt/runtime';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { useTenancy, type TestTenancy } from '../../support/tenancy.js';
import { decoys, DECOYS, fill, OBJECTS, SHARED, UNTOUCHED } from './objects.js';

const MORE = `
  create function "$tenant".audit_late() returns trigger language plpgsql as
    $$ begin insert into audit (what) values ('late ' || whose()); return null; end $$;
  create table "$tenant".late (id int);
  create constraint trigger audit_late after insert on "$tenant".late
    deferrable initially deferred for each row execute function "$tenant".audit_late();
  create function "$tenant".upper(text) returns text language sql as 'select $$the tenant$$';
  create procedure "$tenant".commits() language plpgsql as $$ begin
    insert into audit (what) values ('before');
    commit;
    insert into audit (what) values ('after');
  end $$;
`;
const PUBLIC_ONLY = `
  create table public.only_there (id int);
  insert into public.only_there values (1);
  create sequence public.only_there_seq;
  create function public.only_there() returns int language sql as 'select 1';
  create type public.only_there_type as enum ('a');
  create operator public.~~~~ (leftarg = int, rightarg = int, function = int4pl);
`;

describe.each(['schema', 'role'] as const)('under %s isolation', (isolation) => {
  const use = isolation === 'role' ? useRoleTenancy : useTenancy;
  const tenancy = use({ max: 2, sharedSchemas: ['shared'] }, OBJECTS + MORE);
  const tenants: Tenant[] = [];

  beforeAll(async () => {
    await tenancy.database.query(SHARED);
    await tenancy.database.query(`
      create function shared.upper(text) returns text language sql as 'select $$shared$$';
      create function shared.lower(text) returns text language sql as 'select $$shared$$';
    `);
    for (const slug of ['acme', 'globex']) tenants.push(await tenancy.tenants.create({ slug }));
    await tenancy.database.query(DECOYS + MORE.replaceAll('"$tenant"', 'public') + PUBLIC_ONLY);
  });
  beforeEach(() => fill(tenancy.database, tenants));
  afterEach(async () => {
    expect(await decoys(tenancy.database)).toEqual(UNTOUCHED);
  });

  const audits = async ({ schema }: Tenant) =>
    (await tenancy.database.query<{ what: string }>(`select what from ${schema}.audit`)).map(
      ({ what }) => what,
    );
  /** Sends the texts on one connection, as each tenant. */
  const onClients = async (...texts: string[]) => {
    for (const tenant of tenants) {
      await runWithTenant(tenant, async () => {
        const client = await tenancy.connections.pool.connect();
        try {
          for (const text of texts) await client.query(text);
        } finally {
          client.release();
        }
      });
    }
  };

  it.each([
    ['commit', 'begin', `insert into late values (1)`, 'commit'],
    ['commit, after the marker', 'begin', `insert into "$tenant".late values (1)`, 'end'],
    [
      'commit, after a function that changed the path',
      'begin',
      `insert into late values (1)`,
      'select lead_astray()',
      'commit',
    ],
    [
      'commit, after a function that shed the role',
      'begin',
      `insert into late values (1)`,
      'select shed_role(), lead_astray()',
      'commit and chain',
      'rollback',
    ],
    ['commit in a text', `begin; insert into late values (1); select lead_astray(); commit`],
    [
      'set constraints',
      'begin',
      `insert into late values (1)`,
      'select lead_astray()',
      'set constraints all immediate',
      'commit',
    ],
    ['the end of a statement', `insert into "$tenant".late values (1)`],
  ])('a deferred trigger finds the tenant’s names at %s', async (_, ...texts) => {
    await onClients(...texts);
    for (const tenant of tenants) expect(await audits(tenant)).toEqual([`late ${tenant.slug}`]);
  });

  it.each([
    ['a rule', `insert into "$tenant".notes default values`, 'rule of '],
    ['a procedure', 'call "$tenant".batch()', 'procedure of '],
    ['a procedure with a bare name', 'call batch()', 'procedure of '],
  ])('%s finds the tenant’s names', async (_, text, what) => {
    await onClients(text);
    await onClients('begin', text, 'commit');
    for (const tenant of tenants) {
      await runWithTenant(tenant, () => tenancy.connections.pool.query(text));
      expect(await audits(tenant)).toEqual(Array(3).fill(what + tenant.slug));
    }
  });

  it('a procedure that commits does not lose its tenant', async () => {
    for (const tenant of tenants) {
      for (const text of [
        'call commits()',
        'call "$tenant".commits()',
        'do $$ begin call commits(); end $$',
      ]) {
        await runWithTenant(tenant, () => tenancy.connections.pool.query(text)).catch(
          () => undefined,
        );
      }
      for (const what of await audits(tenant)) expect(['before', 'after']).toContain(what);
    }
  });

  it.each([
    ['select * from only_there', '42P01'],
    ['select only_there()', '42883'],
    [`select nextval('only_there_seq')`, '42P01'],
    [`select 'a'::only_there_type`, '42704'],
    ['select 1 ~~~~ 1', '42883'],
    ['select s.owner from "$tenant".settings s cross join only_there', '42P01'],
    ['insert into only_there values (2)', '42P01'],
  ])('what is in public alone is not found: %s', async (text, code) => {
    for (const tenant of tenants) {
      await runWithTenant(tenant, async () => {
        const { pool } = tenancy.connections;
        await expect(pool.query(text)).rejects.toMatchObject({ code });
        const client = await pool.connect();
        await client.query('begin');
        await expect(client.query(text)).rejects.toMatchObject({ code });
        await client.query('rollback');
        await expect(client.query(text)).rejects.toMatchObject({ code });
        client.release();
      });
    }
  });

  it('the tenant’s come before what is shared, and that before PostgreSQL’s own', async () => {
    for (const tenant of tenants) {
      const { rows } = await runWithTenant(tenant, () =>
        tenancy.connections.pool.query(`select upper('a') as upper, lower('A'), initcap('a')`),
      );
      expect(rows).toEqual([{ upper: 'the tenant', lower: 'shared', initcap: 'A' }]);
    }
  });

  it('code without a tenant finds what is shared, and nothing else', async () => {
    await withoutTenant(async () => {
      const { pool } = tenancy.connections;
      const found = await pool.query('select owner, lower(owner) from settings');
      expect(found.rows).toEqual([{ owner: 'shared', lower: 'shared' }]);
      await expect(pool.query('select * from only_there')).rejects.toMatchObject({ code: '42P01' });
      const client = await pool.connect();
      await client.query('begin');
      const inside = await client.query('select owner from settings');
      await client.query('commit');
      client.release();
      expect(inside.rows).toEqual([{ owner: 'shared' }]);
    });
  });
});

describe('where the tenant’s schema is gone', () => {
  const tenancy = useTenancy({ sharedSchemas: ['shared'] }, OBJECTS);

  it.each([
    ['create table stray (id int)'],
    ['create table if not exists stray as select 1'],
    ['select 1 as one into stray'],
    ['create view stray as select 1'],
    ['create sequence stray'],
    [`create function stray() returns int language sql as 'select 1'`],
  ])('nothing is created in another one: %s', async (text) => {
    await tenancy.database.query('drop schema if exists shared cascade; create schema shared');
    await tenancy.database.query('create extension if not exists citext schema shared');
    const tenant = await tenancy.tenants.create({ slug: `gone-${counter++}` });
    await tenancy.database.query(`drop schema ${tenant.schema} cascade`);

    await runWithTenant(tenant, async () => {
      const { pool } = tenancy.connections;
      await expect(pool.query(text)).rejects.toMatchObject({ code: '3F000' });
      await expect(pool.query(`select 1; ${text}`)).rejects.toMatchObject({ code: '3F000' });
      const client = await pool.connect();
      await client.query('begin');
      await expect(client.query(text)).rejects.toMatchObject({ code: '3F000' });
      await client.query('rollback');
      client.release();
    });
    expect(await named(tenancy, 'stray')).toEqual([]);
  });
});

let counter = 0;

/** The schemas in which something has this name. */
async function named({ database }: TestTenancy, name: string): Promise<unknown[]> {
  return database.query(
    `select relnamespace::regnamespace::text from pg_class where relname = $1
     union all select pronamespace::regnamespace::text from pg_proc where proname = $1`,
    [name],
  );
}

describe('where public is shared', () => {
  const tenancy = useTenancy(
    { sharedSchemas: ['public'] },
    'create table "$tenant".items (owner text); create table "$tenant".people (email citext);',
  );

  it('its tables and extensions are found behind the tenant’s', async () => {
    await tenancy.database.query(`
      create extension citext schema public;
      create table public.items (owner text);
      create table public.only_there (owner text);
      insert into public.items values ('public');
      insert into public.only_there values ('public');
    `);
    const acme = await tenancy.tenants.create({ slug: 'acme' });
    await runWithTenant(acme, async () => {
      const { pool } = tenancy.connections;
      await pool.query(`insert into "$tenant".items values ('acme')`);
      await pool.query(`insert into people values ('Ada@example.com')`);
      for (const text of ['select owner from items', 'select owner from "$tenant".items']) {
        expect((await pool.query(text)).rows).toEqual([{ owner: 'acme' }]);
      }
      const found = await pool.query('select owner from only_there');
      expect(found.rows).toEqual([{ owner: 'public' }]);
      const ada = await pool.query(
        `select 1 from "$tenant".people where email = 'ADA@EXAMPLE.COM'`,
      );
      expect(ada.rowCount).toBe(1);
    });
  });
});

describe('the option sharedSchemas', () => {
  it.each([
    ['shared'],
    [['']],
    [['Shared']],
    [['a-b']],
    [['a,b']],
    [['"a"']],
    [['$tenant']],
    [['pg_catalog']],
    [['pg_temp']],
    [['information_schema']],
    [['a', 'b', 'a']],
    [['x'.repeat(64)]],
    [[undefined]],
    [[1]],
    [{}],
  ])('refuses %j', (sharedSchemas) => {
    const options = { connectionString: 'postgres://localhost', sharedSchemas } as never;
    expect(() => new ConnectionManager(options)).toThrow(ConfigurationError);
  });
});
