import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConfigurationError,
  ConnectionManager,
  describeNotes,
  isComplete,
  MigrationChangedError,
  MigrationFailedError,
  MigrationMissingError,
  Migrator,
  runWithTenant,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  UnsupportedStatementError,
  withoutTenant,
  type MigrationSource,
} from '@mt/runtime';
import { kyselyMigrations } from '@mt/runtime/kysely';
import { typeormMigrations, type MigrationClass } from '@mt/runtime/typeorm';
import { sql, type Kysely } from 'kysely';
import { QueryRunner, Table, TableColumn } from 'typeorm';
import { useDatabase, type TestDatabase } from '../../support/database.js';

/** The steps of a schema in the same three tools: what is made for all, and for each. */
const COUNTRIES = 'create table shared.countries (code text primary key)';
const OFFICES = `create table "$tenant".offices (
  id integer primary key, country text references shared.countries)`;
const CITIES = 'create table shared.cities (name text primary key)';
const LOCAL = 'alter table "$tenant".offices add city text references shared.cities';

type Make = (connections: ConnectionManager, steps: number) => Promise<MigrationSource<never>>;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mt-shared-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file = (name: string, text: string) => writeFile(join(directory, name), text);

const sqlFiles: Make = async (connections, steps) => {
  // As drizzle-kit writes them: both kinds in one file.
  await file('0000_first.sql', `${OFFICES};\n--> statement-breakpoint\n${COUNTRIES};`);
  if (steps > 1) await file('0001_second.sql', `CREATE SCHEMA "shared"; ${LOCAL}; ${CITIES};`);
  return sqlMigrations(connections, { directory }) as unknown as MigrationSource<never>;
};

class Offices1000000000000 {
  up = (runner: QueryRunner) => runner.query(OFFICES);
  down = () => Promise.resolve();
}
class Local1000000000001 {
  up = (runner: QueryRunner) => runner.query(LOCAL);
  down = () => Promise.resolve();
}
class Countries1000000000002 {
  shared = true;
  up = (runner: QueryRunner) => runner.query(COUNTRIES);
  down = () => Promise.resolve();
}
class Cities1000000000003 {
  shared = true;
  async up(runner: QueryRunner) {
    const columns = [{ name: 'name', type: 'text', isPrimary: true }];
    await runner.createTable(new Table({ name: 'shared.cities', columns }));
  }
  down = () => Promise.resolve();
}
const classes: Make = (connections, steps) =>
  Promise.resolve(
    typeormMigrations(
      connections,
      steps > 1
        ? [Offices1000000000000, Local1000000000001, Countries1000000000002, Cities1000000000003]
        : [Offices1000000000000, Countries1000000000002],
    ) as unknown as MigrationSource<never>,
  );

const step = (text: string, shared = false) => ({
  up: async (db: Kysely<unknown>) => void (await sql.raw(text).execute(db)),
  shared,
});
const kysely: Make = (connections, steps) => {
  const first = { b_first: step(COUNTRIES, true), a_first: step(OFFICES) };
  const second = { c_second: step(LOCAL), d_second: step(CITIES, true) };
  const all = steps > 1 ? { ...first, ...second } : first;
  const provider = { getMigrations: () => Promise.resolve(all) };
  return Promise.resolve(
    kyselyMigrations(connections, provider) as unknown as MigrationSource<never>,
  );
};

const opened: ConnectionManager[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((connections) => connections.close()));
});

async function over(
  database: TestDatabase,
  make: (connections: ConnectionManager) => Promise<MigrationSource<never>>,
  sharedSchemas: readonly string[] = ['shared'],
) {
  const connections = new ConnectionManager({
    connectionString: database.connectionString,
    sharedSchemas,
  });
  opened.push(connections);
  const registry = new TenantRegistry(connections);
  await registry.setup();
  const migrator = new Migrator(connections, registry, await make(connections));
  return { connections, registry, migrator, tenants: new Tenants(registry, migrator) };
}

const tables = (database: TestDatabase) =>
  database
    .query<{ name: string }>(
      `select schemaname || '.' || tablename as name from pg_tables
       where schemaname = 'shared' or schemaname like 'tenant%' order by 1`,
    )
    .then((rows) => rows.map(({ name }) => name));

describe.each([
  ['SQL files', sqlFiles],
  ['TypeORM', classes],
  ['Kysely', kysely],
])('shared migrations from %s', (_, make) => {
  const database = useDatabase();

  it('are applied once, before those of the tenants', async () => {
    const first = await over(database, (connections) => make(connections, 1));
    // There is no tenant yet.
    expect(await first.migrator.pendingShared()).toHaveLength(1);
    expect(await first.migrator.migrate()).toMatchObject({
      total: 0,
      shared: { applied: [expect.any(String)], remaining: [] },
    });
    expect(await tables(database)).toEqual(['shared.countries']);
    await first.tenants.create({ slug: 'acme' });
    await first.tenants.create({ slug: 'globex' });

    const second = await over(database, (connections) => make(connections, 2));
    const pending = await second.migrator.pendingShared();
    expect(pending).toHaveLength(1);
    expect(await second.migrator.status()).toHaveLength(2);
    expect(await second.migrator.describePending()).toEqual([
      `Pending shared migrations: ${pending.join(', ')}.`,
      'Tenants with pending migrations: 2.',
    ]);
    const report = await second.migrator.migrate();
    expect(report).toMatchObject({
      migrated: 2,
      applied: 2,
      failed: [],
      remaining: 0,
      shared: { applied: pending, remaining: [] },
      missing: [],
    });
    expect(isComplete(report)).toBe(true);
    expect(isComplete({ ...report, shared: { applied: [], remaining: pending } })).toBe(false);
    expect(describeNotes(report)).toEqual([`Applied once for all tenants: ${pending.join(', ')}.`]);
    expect(await tables(database)).toEqual([
      'shared.cities',
      'shared.countries',
      'tenant_acme.offices',
      'tenant_globex.offices',
    ]);
    expect(await second.migrator.pendingShared()).toEqual([]);
    expect(await second.migrator.describePending()).toEqual([]);
    expect(await second.migrator.migrate()).toMatchObject({
      total: 0,
      shared: { applied: [], remaining: [] },
    });
    const ledger = await database.query('select from tenancy.migrations where tenant_id is null');
    expect(ledger).toHaveLength(2);
  });

  it('are applied where a tenant is created before anybody has run them', async () => {
    await database.query(
      'drop schema if exists shared, tenant_acme, tenant_globex, tenancy cascade',
    );
    const { tenants } = await over(database, (connections) => make(connections, 2));
    await Promise.all(['a', 'b', 'c'].map((slug) => tenants.create({ slug })));
    expect(await tables(database)).toEqual([
      'shared.cities',
      'shared.countries',
      ...['a', 'b', 'c'].map((slug) => `tenant_${slug}.offices`),
    ]);
  });

  it('need a schema that is shared', async () => {
    const { migrator } = await over(database, (connections) => make(connections, 2), []);
    await expect(migrator.migrate()).rejects.toThrow(
      // Of SQL files nothing is shared then, and each tenant would make the table.
      make === sqlFiles ? UnsupportedStatementError : ConfigurationError,
    );
  });

  it('are applied by one of several runs at once', async () => {
    await database.query(
      'drop schema if exists shared, tenant_a, tenant_b, tenant_c, tenancy cascade',
    );
    const runs = await Promise.all(
      [1, 2, 3].map(() => over(database, (connections) => make(connections, 2))),
    );
    const reports = await Promise.all(runs.map(({ migrator }) => migrator.migrate()));
    expect(reports.flatMap(({ shared }) => shared?.applied ?? [])).toHaveLength(2);
  });
});

describe('a shared migration in an SQL file', () => {
  const database = useDatabase();
  const files = () =>
    over(database, (connections) =>
      Promise.resolve(sqlMigrations(connections, { directory }) as MigrationSource<never>),
    );
  afterEach(() =>
    database.query(
      'drop schema if exists shared, tenant_a, tenant_b, tenancy cascade; drop extension if exists citext',
    ),
  );

  it('that fails stops the run before any tenant is touched, and is taken up again', async () => {
    await file('0000_a.sql', 'create table "$tenant".a ()');
    const before = await files();
    await before.tenants.create({ slug: 'a' });
    await file('0001_b.sql', 'create table shared.b (); alter table shared.no add x int');
    await file('0002_c.sql', 'create table "$tenant".c ()');
    const { migrator } = await files();
    const failure = await migrator.migrate().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationFailedError);
    expect(failure).toMatchObject({
      tenant: undefined,
      migration: '0001_b',
      message: expect.stringMatching(/^Migration 0001_b failed for what tenants share: /) as string,
    });
    expect(await tables(database)).toEqual(['tenant_a.a']);
    await file('0001_b.sql', 'create table shared.b ();');
    expect(await (await files()).migrator.migrate()).toMatchObject({
      migrated: 1,
      shared: { applied: ['0001_b'] },
    });
  });

  it('is not begun by a run that was stopped', async () => {
    await file('0000_a.sql', 'create table shared.a ()');
    const { migrator } = await files();
    expect(await migrator.migrate({ signal: AbortSignal.abort() })).toMatchObject({
      shared: { applied: [], remaining: ['0000_a'] },
    });
    expect(await tables(database)).toEqual([]);
  });

  it('that is edited, renamed or deleted is noticed as any other', async () => {
    await file('0000_a.sql', 'create table shared.a ()');
    await (await files()).migrator.migrate();
    await file('0000_a.sql', 'create table shared.a (id int)');
    await expect((await files()).migrator.migrate()).rejects.toThrow(MigrationChangedError);
    await expect((await files()).tenants.create({ slug: 'a' })).rejects.toThrow(
      MigrationChangedError,
    );
    expect(await (await files()).migrator.migrate({ acceptChanged: ['0000_a'] })).toMatchObject({
      accepted: [{ migration: '0000_a', tenants: 0 }],
      shared: { applied: [] },
    });

    await rm(join(directory, '0000_a.sql'));
    await file('0001_b.sql', 'create table shared.b ()');
    await expect((await files()).migrator.migrate()).rejects.toThrow(MigrationMissingError);
    expect(await (await files()).migrator.migrate({ acceptMissing: ['0000_a'] })).toMatchObject({
      shared: { applied: ['0001_b'] },
    });

    await rm(join(directory, '0001_b.sql'));
    await file('0002_c.sql', 'create table shared.b ()');
    expect(
      await (await files()).migrator.migrate({ acceptRenamed: { '0001_b': '0002_c' } }),
    ).toMatchObject({ shared: { applied: [], remaining: [] } });
  });

  it('of a file that has both kinds is told where the file was renamed', async () => {
    await file('0000_a.sql', `${COUNTRIES}; ${OFFICES}`);
    await (await files()).tenants.create({ slug: 'a' });
    await rm(join(directory, '0000_a.sql'));
    await file('0001_a.sql', `${COUNTRIES}; ${OFFICES}`);
    const failure = await (await files()).migrator.migrate().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationMissingError);
    expect((failure as MigrationMissingError).missing).toEqual(new Map([['0000_a', '0001_a']]));
    expect(
      await (await files()).migrator.migrate({ acceptRenamed: { '0000_a': '0001_a' } }),
    ).toMatchObject({ accepted: [{ tenants: 1 }], shared: { applied: [], remaining: [] } });
  });

  it('is one where the name of the file says so, whatever it has', async () => {
    await file(
      '0000_seed.shared.sql',
      `create table countries (code text primary key);
       do $$ begin insert into countries values ('fr'); end $$;
       create extension citext;`,
    );
    await file(
      '0001_own.sql',
      'create table own (mail citext, country text references countries);',
    );
    const { tenants, migrator } = await files();
    await tenants.create({ slug: 'a' });
    await tenants.create({ slug: 'b' });
    expect(await tables(database)).toEqual(['shared.countries', 'tenant_a.own', 'tenant_b.own']);
    expect(await migrator.pendingShared()).toEqual([]);
  });

  it.each([
    'create extension citext schema shared',
    'CREATE EXTENSION IF NOT EXISTS "citext" WITH SCHEMA "shared" CASCADE',
    'create table if not exists "shared"."x" ()',
    'create unlogged table shared.x ()',
    'create type "shared".mood as enum (\'ok\')',
    'create sequence shared.numbers',
    'create view shared.v as select 1',
    'create materialized view shared.v as select 1',
    'create or replace function shared.f() returns int language sql as $$ select 1 $$',
    'create domain shared.mail as text',
    "create table shared.x (); create index on shared.x ((1)); comment on table shared.x is '…'",
    'create table shared.x (id int); insert into shared.x values (1); update shared.x set id = 2',
    'create table shared.x (id int); grant select on table "shared"."x" to public',
    'grant usage on schema shared to public',
  ])('is told by the schema that it names: %s', async (text) => {
    await file('0000_it.sql', text);
    const { migrator } = await files();
    expect(await migrator.migrate()).toMatchObject({
      total: 0,
      shared: { applied: ['0000_it'] },
    });
  });

  it.each([
    ['create extension citext', /extension/],
    ['create extension if not exists "uuid-ossp" with schema public', /extension/],
    ['alter extension citext update', /extension/],
    ['drop extension citext', /extension/],
    ['create table public.x ()', /schema public/],
    ['create schema other', /schema other/],
    ['create table "other"."x" ()', /schema other/],
    ['alter table other.x add y int', /schema other/],
    ['create index on public.x (y)', /schema public/],
  ])('is what a tenant’s may not do: %s', async (text, message) => {
    await file('0000_it.sql', text);
    const { migrator } = await files();
    const failure = await migrator.migrate().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UnsupportedStatementError);
    expect(failure).toMatchObject({ message: expect.stringMatching(message) as string });
  });

  it.each([
    'create view shared.v as select * from "$tenant".x',
    'create table shared.x (owner int references "$tenant".users)',
  ])('may not reach what is the tenants’: %s', async (text) => {
    await file('0000_it.sql', text);
    const { migrator } = await files();
    await expect(migrator.migrate()).rejects.toMatchObject({
      cause: expect.any(UnsupportedStatementError) as Error,
    });
  });

  it('leaves references from tenants to what they share with the tenants', async () => {
    await file(
      '0000_it.sql',
      `create table shared.countries (code text primary key);
       create table "$tenant".a (country text);
       alter table "$tenant"."a" add foreign key (country) references "shared"."countries" (code);
       create function "$tenant".f() returns trigger language plpgsql as $$ begin return new; end $$;
       create trigger t before insert on "$tenant".a for each row execute function "$tenant".f();
       create view "$tenant".v as select * from shared.countries;
       create table own_without_a_name ();
       create temp table pg_temp.scratch ();
       insert into "$tenant".a select code from shared.countries;`,
    );
    const { tenants } = await files();
    await tenants.create({ slug: 'a' });
    await tenants.create({ slug: 'b' });
    expect(await tables(database)).toEqual([
      'shared.countries',
      'tenant_a.a',
      'tenant_a.own_without_a_name',
      'tenant_b.a',
      'tenant_b.own_without_a_name',
    ]);
  });
});

describe('in code', () => {
  const database = useDatabase();
  const make = (...migrations: MigrationClass[]) =>
    over(database, (connections) =>
      Promise.resolve(
        typeormMigrations(connections, migrations) as unknown as MigrationSource<never>,
      ),
    );

  it.each<[string, (runner: QueryRunner) => Promise<unknown>]>([
    ['SQL', (runner) => runner.query('create table shared.x ()')],
    ['an extension', (runner) => runner.query('CREATE EXTENSION IF NOT EXISTS "citext"')],
    [
      'a method',
      (runner) =>
        runner.createTable(new Table({ name: 'shared.x', columns: [{ name: 'id', type: 'int' }] })),
    ],
    ['a manager', (runner) => runner.manager.query('insert into shared.x values (1)')],
  ])('a tenant’s migration may not change what is shared: %s', async (_, up) => {
    class Own1000000000000 {
      up = async (runner: QueryRunner) => void (await up(runner));
      down = () => Promise.resolve();
    }
    const { tenants } = await make(Own1000000000000);
    await expect(tenants.create({ slug: 'a' })).rejects.toMatchObject({
      cause: expect.any(UnsupportedStatementError) as Error,
    });
  });

  it('a shared one may not change what is the tenants’', async () => {
    class Shared1000000000000 {
      shared = true;
      up = (runner: QueryRunner) =>
        runner.addColumn('$tenant.x', new TableColumn({ name: 'y', type: 'int' }));
      down = () => Promise.resolve();
    }
    const { migrator } = await make(Shared1000000000000);
    await expect(migrator.migrate()).rejects.toThrow(MigrationFailedError);
  });
});

describe('the ledger of an earlier version', () => {
  const database = useDatabase();

  it('is brought up to date where it is set up', async () => {
    await database.query(`
      create schema tenancy;
      create table tenancy.tenants (
        id uuid primary key default gen_random_uuid(), slug text not null unique,
        schema_name text not null unique, placement text not null, status text not null,
        name text not null, metadata jsonb not null default '{}',
        created_at timestamptz not null default now(), updated_at timestamptz not null default now());
      create table tenancy.migrations (
        tenant_id uuid not null references tenancy.tenants on delete cascade, name text not null,
        checksum text, duration_ms integer not null, applied_at timestamptz not null default now(),
        primary key (tenant_id, name));
      insert into tenancy.tenants (slug, schema_name, placement, status, name)
        values ('old', 'tenant_old', 'main', 'active', 'Old');
      insert into tenancy.migrations (tenant_id, name, duration_ms)
        select id, '$tenant', 1 from tenancy.tenants;
      create schema tenant_old;
    `);
    await file('0000_a.sql', `${COUNTRIES}; ${OFFICES};`);
    const { registry, migrator, connections } = await over(database, (it) =>
      Promise.resolve(sqlMigrations(it, { directory }) as MigrationSource<never>),
    );
    await registry.setup();
    expect(await migrator.migrate()).toMatchObject({
      migrated: 1,
      shared: { applied: ['0000_a'] },
    });
    // Once, still.
    await expect(
      database.query(
        `insert into tenancy.migrations (tenant_id, name, duration_ms) values (null, '0000_a', 1)`,
      ),
    ).rejects.toThrow(/migrations_shared_key/);
    await expect(
      database.query(
        `insert into tenancy.migrations (tenant_id, name, duration_ms)
         select id, '0000_a', 1 from tenancy.tenants`,
      ),
    ).rejects.toThrow(/migrations_key/);
    const old = await registry.get('old');
    await withoutTenant(() => connections.pool.query(`insert into countries values ('fr')`));
    await runWithTenant(old, () => connections.pool.query(`insert into offices values (1, 'fr')`));
  });
});
