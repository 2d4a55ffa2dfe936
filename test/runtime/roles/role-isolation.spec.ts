import { createTenantDatabase } from '@mt/runtime/drizzle';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  withoutTenant,
  type Tenant,
} from '@mt/runtime';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { openStore, ORMS } from '../../support/orms.js';

const tenancy = useRoleTenancy(
  { max: 3 },
  `create table "$tenant"."items" (
     "id" integer primary key generated always as identity,
     "owner" text not null,
     "note" text not null default ''
   );
   create sequence "$tenant"."numbers";
   create function "$tenant"."owner_of_items"() returns text language sql
     as 'select min(owner) from items';`,
);

let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
  for (const { schema, slug } of [acme, globex]) {
    await tenancy.database.query(`insert into ${schema}.items (owner) values ($1)`, [slug]);
  }
});

const asAcme = (text: string, values?: unknown[]) =>
  runWithTenant(acme, () => tenancy.connections.pool.query(text, values));

const DENIED = { code: '42501' };

describe('a tenant under role isolation', () => {
  it('has a role of its own, which nobody can log in as', async () => {
    expect(acme.role).toMatch(/^tenant_acme_[0-9a-f]{12}$/);
    expect(acme.role).not.toBe(globex.role);
    const roles = await tenancy.database.query(
      `select rolcanlogin, rolinherit, rolsuper, rolcreaterole from pg_roles where rolname = $1`,
      [acme.role],
    );
    expect(roles).toEqual([
      { rolcanlogin: false, rolinherit: false, rolsuper: false, rolcreaterole: false },
    ]);
  });

  it.each([
    ['qualified', 'select current_user as me, owner from "$tenant".items'],
    ['unqualified', 'select current_user as me, owner from items'],
  ])('runs its statements as that role: %s', async (_, text) => {
    const { rows } = await asAcme(text);
    expect(rows).toEqual([{ me: acme.role, owner: 'acme' }]);
  });

  it('does so in transactions, after savepoints, in texts of several statements', async () => {
    await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      const me = async () => (await client.query('select current_user as me')).rows[0]?.['me'];
      await client.query('begin');
      expect(await me()).toBe(acme.role);
      await client.query('savepoint one');
      await client.query('select 1');
      await client.query('rollback to savepoint one');
      expect(await me()).toBe(acme.role);
      await client.query('commit');
      expect(await me()).toBe(acme.role);
      const results = (await client.query(
        'select current_user as me; select current_user as me',
      )) as unknown as { rows: { me: string }[] }[];
      expect(results.map(({ rows }) => rows[0]?.me)).toEqual([acme.role, acme.role]);
      client.release();
    });
    const { rows } = await tenancy.connections.unscopedQuery('select current_user as me');
    expect(rows).toEqual([{ me: 'app' }]);
  });

  it.each(ORMS)('works through %s', async (orm) => {
    const store = await openStore(orm, tenancy.connections);
    await runWithTenant(globex, async () => {
      await store.insert('globex');
      const rows = await store.transaction('globex');
      expect(new Set(rows.map(({ owner }) => owner))).toEqual(new Set(['globex']));
      expect(await store.raw()).toContainEqual({ owner: 'globex' });
    });
    await store.close();
  });
});

describe('PostgreSQL itself refuses a statement that names another tenant’s schema', () => {
  const other = () => globex.schema;

  it.each<[string, (schema: string) => string]>([
    ['a read', (schema) => `select * from ${schema}.items`],
    ['a read in a subquery', (schema) => `select (select min(owner) from ${schema}.items)`],
    ['an insert', (schema) => `insert into ${schema}.items (owner) values ('acme')`],
    ['an update', (schema) => `update ${schema}.items set owner = 'acme'`],
    ['a delete', (schema) => `delete from ${schema}.items`],
    [
      'a merge of both',
      (schema) => `insert into "$tenant".items (owner) select owner from ${schema}.items`,
    ],
    ['truncate', (schema) => `truncate ${schema}.items`],
    ['a lock', (schema) => `lock table ${schema}.items in access share mode`],
    ['a function', (schema) => `select ${schema}.owner_of_items()`],
    ['a sequence', (schema) => `select nextval('${schema}.numbers')`],
    ['the state of a sequence', (schema) => `select last_value from ${schema}.numbers`],
    ['COPY out', (schema) => `copy ${schema}.items to stdout`],
    ['COPY in', (schema) => `copy ${schema}.items (owner) from stdin`],
    ['a new table', (schema) => `create table ${schema}.mine (id integer)`],
    ['a change of a table', (schema) => `alter table ${schema}.items add mine text`],
    ['the drop of a table', (schema) => `drop table ${schema}.items`],
    ['the drop of the schema', (schema) => `drop schema ${schema} cascade`],
    ['a rename of the schema', (schema) => `alter schema ${schema} rename to mine`],
    ['a comment', (schema) => `comment on table ${schema}.items is 'mine'`],
    ['an explanation', (schema) => `explain analyze select * from ${schema}.items`],
    ['a grant', (schema) => `grant select on ${schema}.items to public`],
  ])('%s', async (_, text) => {
    await expect(asAcme(text(other()))).rejects.toMatchObject(DENIED);
    await expect(
      tenancy.database.query(`select owner from ${other()}.items where owner = 'acme'`),
    ).resolves.toEqual([]);
  });

  it('a prepared statement, by name', async () => {
    const read = { name: 'read', text: `select * from ${other()}.items` };
    await expect(
      runWithTenant(globex, () => tenancy.connections.pool.query(read)),
    ).resolves.toMatchObject({ command: 'SELECT' });
    await expect(
      runWithTenant(acme, () => tenancy.connections.pool.query(read)),
    ).rejects.toMatchObject(DENIED);
  });

  it('a statement through an ORM', async () => {
    const db = createTenantDatabase(tenancy.connections);
    const failure = await runWithTenant(acme, () =>
      db.execute(`select * from ${other()}.items`).catch((error: unknown) => error),
    );
    expect(failure).toMatchObject({ cause: DENIED });
  });

  it('a change of its own tables, which is for migrations', async () => {
    for (const text of [
      'create table mine (id integer)',
      'alter table items add mine text',
      'drop table items',
      'create function mine() returns int language sql as $$ select 1 $$',
    ]) {
      await expect(asAcme(text)).rejects.toMatchObject({ code: expect.stringMatching(/^42/) });
    }
  });

  it('the control schema', async () => {
    await expect(asAcme('select * from tenancy.tenants')).rejects.toMatchObject(DENIED);
  });
});

describe('the application’s own login', () => {
  it('has no rights on any tenant’s schema, and does not inherit them', async () => {
    for (const { schema } of [acme, globex]) {
      await expect(
        withoutTenant(() => tenancy.connections.pool.query(`select * from ${schema}.items`)),
      ).rejects.toMatchObject(DENIED);
    }
  });

  it('reads who the tenants are, and cannot change it', async () => {
    await expect(tenancy.registry.get('acme')).resolves.toMatchObject({ slug: 'acme' });
    await expect(
      tenancy.connections.unscopedQuery("update tenancy.tenants set status = 'suspended'"),
    ).rejects.toMatchObject(DENIED);
  });

  it('may not create roles or schemas', async () => {
    for (const text of ['create role mine', 'create schema mine']) {
      await expect(tenancy.connections.unscopedQuery(text)).rejects.toMatchObject(DENIED);
    }
  });
});

describe('what later migrations create', () => {
  it('belongs to the tenant as well, and to no other', async () => {
    await tenancy.migration(
      '0001_later',
      `create table "$tenant"."later" (id integer generated always as identity, owner text);
       create sequence "$tenant"."later_numbers";
       create function "$tenant"."later_count"() returns bigint language sql as 'select count(*) from later';`,
    );
    await expect(tenancy.migrator.migrate()).resolves.toMatchObject({ migrated: 2, failed: [] });

    await asAcme('insert into later (owner) values ($1)', ['acme']);
    const { rows } = await asAcme(
      "select later_count() as count, nextval('later_numbers') as next",
    );
    expect(rows).toEqual([{ count: '1', next: '1' }]);
    for (const text of [
      `select * from ${globex.schema}.later`,
      `select ${globex.schema}.later_count()`,
      `select nextval('${globex.schema}.later_numbers')`,
    ]) {
      await expect(asAcme(text)).rejects.toMatchObject(DENIED);
    }
  });
});

describe('a tenant without a role', () => {
  it('is served no statement until it has one', async () => {
    const schemaOnly = await tenancy.tenants.create({ slug: 'initech' });
    await tenancy.database.query(
      "update tenancy.tenants set role_name = null where slug = 'initech'",
    );
    tenancy.registry.forget('initech');
    const initech = await tenancy.registry.get('initech');
    expect(schemaOnly.role).toBeDefined();
    const read = () =>
      runWithTenant(initech, () => tenancy.connections.pool.query('select * from items'));
    await expect(read()).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });

    await expect(tenancy.tenants.createRoles()).resolves.toBe(3);
    const again = await tenancy.registry.get('initech');
    await expect(
      runWithTenant(again, () => tenancy.connections.pool.query('select current_user as me')),
    ).resolves.toMatchObject({ rows: [{ me: again.role }] });
  });
});

describe('a process without the admin login', () => {
  const withoutAdmin = () =>
    new ConnectionManager({
      connectionString: tenancy.logins.connectionString,
      isolation: 'role',
    });

  it('serves tenants', async () => {
    const connections = withoutAdmin();
    const { rows } = await runWithTenant(acme, () =>
      connections.pool.query('select owner from items'),
    );
    expect(rows).toEqual([{ owner: 'acme' }]);
    await connections.close();
  });

  it('says what it lacks where tenants are changed', async () => {
    const connections = withoutAdmin();
    await expect(connections.adminQuery('select 1')).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      remedy: expect.stringContaining('DATABASE_ADMIN_URL'),
    });
    await connections.close();
  });
});

const database = () => new URL(tenancy.logins.adminConnectionString).pathname.slice(1);

it('statements of a tenant are stopped after its time, and those of another are not', async () => {
  const limited = new ConnectionManager({
    connectionString: tenancy.logins.connectionString,
    isolation: 'role',
    max: 1,
    limitsOf: ({ slug }) => (slug === 'acme' ? { statementTimeoutMs: 60 } : {}),
  });
  const sleep = (tenant: Tenant, seconds: number) =>
    runWithTenant(tenant, () => limited.pool.query('select pg_sleep($1)', [seconds]));

  await expect(sleep(acme, 5)).rejects.toMatchObject({ code: 'STATEMENT_TIMEOUT' });
  await expect(sleep(globex, 0.15)).resolves.toBeDefined();
  await limited.close();
});

describe('an admin login that lacks a right', () => {
  const login = `lacking_${process.pid}`;
  const asAdmin = async (work: (tenants: Tenants) => Promise<unknown>) => {
    const url = new URL(tenancy.logins.adminConnectionString);
    url.username = login;
    const connections = new ConnectionManager({
      connectionString: tenancy.logins.connectionString,
      adminConnectionString: url.href,
      isolation: 'role',
    });
    const registry = new TenantRegistry(connections);
    const { directory } = tenancy;
    const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
    try {
      await work(new Tenants(registry, migrator));
    } finally {
      await connections.close();
    }
  };

  beforeEach(async () => {
    const { password } = new URL(tenancy.logins.adminConnectionString);
    await tenancy.database.query(`create role ${login} login password '${password}'`);
    await tenancy.database.query(`grant usage on schema tenancy to ${login}`);
    await tenancy.database.query(`grant all on all tables in schema tenancy to ${login}`);
  });

  afterEach(async () => {
    await tenancy.database.query(`drop owned by ${login}`);
    await tenancy.database.query(`drop role ${login}`);
  });

  it.each([
    ['to create schemas', () => `alter role ${login} createrole`, 'GRANT CREATE ON DATABASE'],
    [
      'to create roles',
      () => `grant create on database ${database()} to ${login}`,
      'ALTER ROLE <the user of DATABASE_ADMIN_URL> CREATEROLE',
    ],
  ])('%s: is told which, and no half of a tenant is left', async (_, other, remedy) => {
    await tenancy.database.query(other());
    await asAdmin((tenants) =>
      expect(tenants.create({ slug: 'umbrella' })).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        remedy: expect.stringContaining(remedy) as string,
      }),
    );
    for (const left of [
      "select from tenancy.tenants where slug = 'umbrella'",
      "select from pg_namespace where nspname = 'tenant_umbrella'",
    ]) {
      await expect(tenancy.database.query(left)).resolves.toEqual([]);
    }
  });

  it('to grant a role that another one has made: is told how to get it', async () => {
    await tenancy.database.query(`alter role ${login} createrole`);
    await asAdmin((tenants) =>
      expect(tenants.createRoles()).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        remedy: expect.stringContaining('WITH ADMIN OPTION') as string,
      }),
    );
  });

  it('on a schema that another login owns: is told how to get it', async () => {
    // The first in their order, from before there were roles.
    const { role } = await tenancy.tenants.create({ slug: 'aaa' });
    await tenancy.database.query(`drop owned by ${role}`);
    await tenancy.database.query(`drop role ${role}`);
    await tenancy.database.query(`alter role ${login} createrole`);
    await asAdmin((tenants) =>
      expect(tenants.createRoles()).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
        remedy: expect.stringContaining('REASSIGN OWNED BY') as string,
      }),
    );
    await tenancy.tenants.createRoles();
  });
});
