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

const OFFICES = `create table "$tenant".offices (
  id integer primary key generated always as identity,
  country text not null);`;

const tenancy = useRoleTenancy({ max: 3 }, OFFICES);
let acme: Tenant;
let globex: Tenant;
let connections: ConnectionManager;
let migrator: Migrator;

/** A tenant that was there before anything was shared. */
beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  await tenancy.migration(
    '0001_countries',
    `create table shared.countries (code text primary key, number serial);
     create view shared.codes as select code from shared.countries;
     alter table "$tenant".offices add foreign key (country) references shared.countries;`,
  );
  connections = new ConnectionManager({
    ...tenancy.logins,
    isolation: 'role',
    sharedSchemas: ['shared'],
    max: 3,
  });
  const registry = new TenantRegistry(connections);
  migrator = new Migrator(
    connections,
    registry,
    sqlMigrations(connections, { directory: tenancy.directory }),
  );
  expect(await migrator.migrate()).toMatchObject({ failed: [], remaining: 0 });
  globex = await new Tenants(registry, migrator).create({ slug: 'globex' });
  await withoutTenant(() =>
    connections.pool.query(`insert into countries (code) values ('fr'), ('de')`),
  );
});
afterAll(() => connections.close());

const as = (tenant: Tenant, text: string) =>
  runWithTenant(tenant, () => connections.pool.query(text));
const DENIED = { code: '42501' };

describe.each(['from before anything was shared', 'from afterwards'])('a tenant %s', (when) => {
  let tenant: Tenant;
  beforeAll(() => {
    tenant = when.includes('before') ? acme : globex;
  });

  it('reads what all share', async () => {
    const { rows } = await as(
      tenant,
      'select c.code, v.code as same from countries c join shared.codes v using (code) order by 1',
    );
    expect(rows).toEqual([
      { code: 'de', same: 'de' },
      { code: 'fr', same: 'fr' },
    ]);
  });

  it('refers to it', async () => {
    await as(tenant, `insert into offices (country) values ('fr')`);
    await expect(as(tenant, `insert into offices (country) values ('xx')`)).rejects.toMatchObject({
      code: '23503',
    });
  });

  it.each([
    `insert into countries (code) values ('xx')`,
    `update countries set code = 'xx'`,
    'delete from countries',
    'truncate countries cascade',
    'select * from countries for update',
    `select nextval('countries_number_seq')`,
    'create table shared.mine ()',
    'drop table countries cascade',
    // Past what is told by the text.
    `do $$ begin execute 'delete from shared.countries'; end $$`,
  ])('may not write there: %s', async (text) => {
    await expect(as(tenant, text)).rejects.toMatchObject({
      code: expect.stringMatching(/^(42501|STATEMENT_UNSUPPORTED)$/) as string,
    });
    const { rows } = await as(tenant, 'select count(*)::int as count from countries');
    expect(rows).toEqual([{ count: 2 }]);
  });

  it('has no more rights on other tenants than before', async () => {
    const other = tenant === acme ? 'tenant_globex' : 'tenant_acme';
    await expect(as(tenant, `select from ${other}.offices`)).rejects.toMatchObject(DENIED);
  });
});

it('code without a tenant writes what is shared, and makes nothing there', async () => {
  const asNobody = (text: string) => withoutTenant(() => connections.pool.query(text));
  await asNobody(`insert into countries (code) values ('it')`);
  await asNobody(`delete from countries where code = 'it'`);
  await expect(asNobody('create table shared.mine ()')).rejects.toMatchObject(DENIED);
});

it('what later migrations make is read as well', async () => {
  await tenancy.migration(
    '0002_cities',
    "create table shared.cities (name text); insert into shared.cities values ('Paris');",
  );
  await migrator.migrate();
  const { rows } = await as(acme, 'select name from cities');
  expect(rows).toEqual([{ name: 'Paris' }]);
});

it('the role that reads may do nothing else, and nobody logs in as it', async () => {
  const roles = await tenancy.database.query(
    `select rolcanlogin, rolsuper, rolcreaterole, rolbypassrls from pg_roles
     where oid = (select distinct roleid from pg_auth_members join pg_roles m on m.oid = member
                  where m.rolname = $1)`,
    [acme.role],
  );
  expect(roles).toEqual([
    { rolcanlogin: false, rolsuper: false, rolcreaterole: false, rolbypassrls: false },
  ]);
});
