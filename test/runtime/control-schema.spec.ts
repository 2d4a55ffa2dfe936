import { ConnectionManager, Migrator, sqlMigrations, TenantRegistry, Tenants } from '@mt/runtime';
import { createControlSchema } from '../../src/lib/registry/control-schema.js';
import { CONTROL_STEPS, type ControlStep } from '../../src/lib/registry/control-steps.js';
import { TENANT_STATUSES } from '../../src/lib/tenant/tenant.js';
import { useDatabase, type TestDatabase } from '../support/database.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy } from '../support/tenancy.js';

const STATUSES = `check (status in ('provisioning', 'active', 'suspended', 'archived'))`;

/** What was made before steps were counted, the oldest first. */
const FORMS: Readonly<Record<string, { tenants?: string; ledger: string; more?: string }>> = {
  'the first': {
    ledger: `tenant_id uuid not null references tenancy.tenants on delete cascade, name text not null,
      checksum text, duration_ms integer not null, applied_at timestamptz not null default now(),
      primary key (tenant_id, name)`,
  },
  'with roles': {
    tenants: 'role_name text unique,',
    ledger: `tenant_id uuid not null references tenancy.tenants on delete cascade, name text not null,
      checksum text, duration_ms integer not null, applied_at timestamptz not null default now(),
      primary key (tenant_id, name)`,
  },
  'with accepted migrations': {
    tenants: 'role_name text unique,',
    ledger: `tenant_id uuid not null references tenancy.tenants on delete cascade, name text not null,
      checksum text, accepted text, duration_ms integer not null,
      applied_at timestamptz not null default now(), primary key (tenant_id, name)`,
    more: 'create table tenancy.migration_run ();',
  },
  'with shared migrations': {
    tenants: 'role_name text unique,',
    ledger: `tenant_id uuid references tenancy.tenants on delete cascade, name text not null,
      checksum text, accepted text, duration_ms integer not null,
      applied_at timestamptz not null default now(),
      constraint migrations_key unique (tenant_id, name)`,
    more: `create table tenancy.migration_run ();
      create unique index migrations_shared_key on tenancy.migrations (name) where tenant_id is null;`,
  },
};

function install({ tenants = '', ledger, more = '' }: (typeof FORMS)[string]): string {
  return `
    create schema tenancy;
    create table tenancy.tenants (
      id uuid primary key default gen_random_uuid(), slug text not null unique,
      schema_name text not null unique, ${tenants} placement text not null,
      status text not null ${STATUSES}, name text not null, metadata jsonb not null default '{}',
      created_at timestamptz not null default now(), updated_at timestamptz not null default now());
    create table tenancy.migrations (${ledger});
    ${more}
    insert into tenancy.tenants (slug, schema_name, placement, status, name)
      values ('old', 'tenant_old', 'main', 'active', 'Old'), ('gone', 'tenant_gone', 'main', 'suspended', 'Gone');
    insert into tenancy.migrations (tenant_id, name, duration_ms)
      select id, unnest(array['$tenant', '0000_items']), 1 from tenancy.tenants;
    create schema tenant_old; create table tenant_old.items (id int, owner text, note text);
    create schema tenant_gone; create table tenant_gone.items (id int, owner text, note text);`;
}

/** All of the control schema that the catalog tells, whatever order it was made in. */
const SHAPE = `
  select 'column ' || table_name || '.' || column_name || ' ' || data_type || ' ' || is_nullable
    || ' ' || coalesce(column_default, '') as line
  from information_schema.columns where table_schema = 'tenancy'
  union all
  select 'constraint ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid)
  from pg_constraint where connamespace = 'tenancy'::regnamespace and contype <> 'n'
  union all
  select 'index ' || indexdef from pg_indexes where schemaname = 'tenancy'
  union all
  select 'trigger ' || pg_get_triggerdef(oid) from pg_trigger
  where tgrelid in (select oid from pg_class where relnamespace = 'tenancy'::regnamespace)
    and not tgisinternal
  union all
  select 'function ' || pg_get_functiondef(oid) from pg_proc where pronamespace = 'tenancy'::regnamespace
  union all
  select 'step ' || step || ' ' || breaking from tenancy.control_steps
  order by 1`;

const shapeOf = async (database: TestDatabase) =>
  (await database.query<{ line: string }>(SHAPE)).map(({ line }) =>
    // PostgreSQL names what has no name by what it is made of, and in which way.
    line.replace(/(index CREATE UNIQUE INDEX) \w+ /, '$1 … '),
  );

const fresh = useTenancy();

describe.each(Object.keys(FORMS))('a control schema of an earlier form, %s', (name) => {
  const database = useDatabase();
  let connections: ConnectionManager;
  beforeAll(async () => {
    await database.query(install(FORMS[name] as (typeof FORMS)[string]));
    connections = new ConnectionManager({ connectionString: database.connectionString });
  });
  afterAll(() => connections.close());

  it('becomes what a new one is, with the tenants in it', async () => {
    const registry = new TenantRegistry(connections);
    await registry.setup();
    expect(await shapeOf(database)).toEqual(await shapeOf(fresh.database));

    expect((await registry.list()).map(({ slug, status }) => [slug, status])).toEqual([
      ['gone', 'suspended'],
      ['old', 'active'],
    ]);
    const source = sqlMigrations(connections, { directory: fresh.directory });
    const migrator = new Migrator(connections, registry, source);
    const tenants = new Tenants(registry, migrator);
    expect(await migrator.migrate()).toMatchObject({ total: 0, failed: [] });
    await tenants.create({ slug: 'new' });
    expect((await tenants.resume('gone')).status).toBe('active');
    // Again, with nothing to do.
    await registry.setup();
    expect(await shapeOf(database)).toEqual(await shapeOf(fresh.database));
  });
});

describe('twenty processes at once', () => {
  it.each([
    ['where there is nothing', ''],
    ['where there is an earlier form', install(FORMS['the first'] as (typeof FORMS)[string])],
  ])('set it up %s', async (_, sql) => {
    const name = `twenty${sql.length}`;
    await fresh.database.query(`create database ${name}`);
    const url = new URL(fresh.database.connectionString);
    url.pathname = `/${name}`;
    const managers = Array.from(
      { length: 20 },
      () => new ConnectionManager({ connectionString: url.href, max: 1 }),
    );
    if (sql) await managers[0]?.adminQuery(sql);
    await Promise.all(managers.map((connections) => new TenantRegistry(connections).setup()));
    const { rows } = (await managers[0]?.adminQuery(SHAPE)) ?? { rows: [] };
    expect(rows).toHaveLength((await shapeOf(fresh.database)).length);
    await Promise.all(managers.map((connections) => connections.close()));
    await fresh.database.query(`drop database ${name} with (force)`);
  });
});

describe('steps', () => {
  const tenancy = useTenancy();
  const roles = useRoleTenancy();
  const { length } = CONTROL_STEPS;
  const step = (sql: string, isThere = 'true', breaking = false): ControlStep => ({
    breaking,
    isThere: () => isThere,
    up: async (client) => void (await client.query(sql)),
  });
  const taken = async (database: TestDatabase) =>
    (
      await database.query<{ step: number }>('select step from tenancy.control_steps order by 1')
    ).map((row) => row.step);
  const newer = (database: TestDatabase, breaking: boolean) =>
    database.query(`insert into tenancy.control_steps (step, breaking) values (99, ${breaking})`);
  afterEach(async () => {
    for (const { database } of [tenancy, roles]) {
      await database.query(`delete from tenancy.control_steps where step > ${length}`);
    }
  });

  it('let in the statuses that there are: another one takes another step', async () => {
    const [check] = await tenancy.database.query<{ definition: string }>(
      `select pg_get_constraintdef(oid) as definition from pg_constraint
       where conname = 'tenants_status_check'`,
    );
    for (const status of TENANT_STATUSES) expect(check?.definition).toContain(`'${status}'`);
    expect(check?.definition.match(/'\w+'/g)).toHaveLength(TENANT_STATUSES.length);
  });

  it('are taken once, in their order, and not by halves', async () => {
    const { registry, database } = tenancy;
    const wrong = [
      ...CONTROL_STEPS,
      step(
        'create table tenancy.third (); insert into tenancy.third default values',
        `to_regclass('tenancy.third') is not null`,
      ),
      step(
        'create table tenancy.fourth (); select 1 / 0',
        `to_regclass('tenancy.fourth') is not null`,
      ),
    ];
    await expect(createControlSchema(registry.control as never, wrong)).rejects.toThrow(
      /division by zero/,
    );
    expect(await taken(database)).toEqual([1, 2, 3]);
    expect(await database.query(`select to_regclass('tenancy.fourth') as found`)).toEqual([
      { found: null },
    ]);
    await createControlSchema(registry.control as never, wrong.slice(0, 3));
    expect(await database.query('select from tenancy.third')).toHaveLength(1);
  });

  it('of a newer version that earlier ones may work with are left alone', async () => {
    await newer(tenancy.database, false);
    await tenancy.database.query(
      'alter trigger notify_truncate on tenancy.tenants rename to notify_newer',
    );
    const before = await shapeOf(tenancy.database);
    await tenancy.registry.setup();
    expect(await shapeOf(tenancy.database)).toEqual(before);
    await tenancy.database.query(
      'alter trigger notify_newer on tenancy.tenants rename to notify_truncate',
    );
  });

  it('of a newer version that earlier ones must not work with are told', async () => {
    const refusal = {
      code: 'CONFIGURATION_INVALID',
      message: expect.stringContaining('newer version of @mt/runtime') as string,
      remedy: 'Update @mt/runtime here.',
    };
    await newer(tenancy.database, true);
    await expect(tenancy.registry.setup()).rejects.toMatchObject(refusal);
    // By a process that has the application's login alone, too.
    await newer(roles.database, true);
    const connections = new ConnectionManager({
      connectionString: roles.logins.connectionString,
      isolation: 'role',
    });
    await expect(new TenantRegistry(connections).setup()).rejects.toMatchObject(refusal);
    await connections.close();
  });

  it('of a database without them are taken, and rights given, by many owners at once', async () => {
    const { adminConnectionString, connectionString } = roles.logins;
    await roles.database.query('drop table tenancy.control_steps');
    const managers = Array.from(
      { length: 12 },
      () =>
        new ConnectionManager({
          connectionString,
          adminConnectionString,
          isolation: 'role',
          max: 1,
          adminMax: 1,
        }),
    );
    await Promise.all(managers.map((connections) => new TenantRegistry(connections).setup()));
    expect(await taken(roles.database)).toEqual([1, 2]);
    await Promise.all(managers.map((connections) => connections.close()));

    // Without the right to see them the application is told what to do.
    await roles.database.query('revoke select on tenancy.control_steps from app');
    const application = new ConnectionManager({ connectionString, isolation: 'role' });
    await expect(new TenantRegistry(application).setup()).rejects.toMatchObject({
      code: 'CONFIGURATION_INVALID',
      remedy: expect.stringContaining('registry.setup()') as string,
    });
    await roles.registry.setup();
    await new TenantRegistry(application).setup();
    await application.close();
  });

  it('that are missing are told by a process that may not take them', async () => {
    await roles.database.query(`delete from tenancy.control_steps where step = ${length}`);
    const connections = new ConnectionManager({
      connectionString: roles.logins.connectionString,
      isolation: 'role',
    });
    const registry = new TenantRegistry(connections);
    await expect(registry.setup()).rejects.toMatchObject({
      message: expect.stringContaining('earlier version') as string,
      remedy: expect.stringContaining('registry.setup()') as string,
    });
    await roles.registry.setup();
    await registry.setup();
    await connections.close();
  });
});
