import 'reflect-metadata';
import {
  ConfigurationError,
  ConnectionManager,
  runWithTenant,
  TenantRegistry,
  verifyIsolation,
  withoutTenant,
  type Tenant,
} from '@mt/runtime';
import { createTenantDatabase, sharedSchema, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource, SharedEntity, TenantEntity } from '@mt/runtime/typeorm';
import { asc, eq } from 'drizzle-orm';
import { char, integer, text } from 'drizzle-orm/pg-core';
import {
  Column,
  DataSource,
  JoinColumn,
  ManyToOne,
  PrimaryColumn,
  PrimaryGeneratedColumn,
} from 'typeorm';
import { useTenancy } from '../../support/tenancy.js';

const countries = sharedSchema.table('countries', {
  code: char({ length: 2 }).primaryKey(),
  name: text().notNull(),
});
const offices = tenantSchema.table('offices', {
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  owner: text().notNull(),
  country: char({ length: 2 })
    .notNull()
    .references(() => countries.code),
});

@SharedEntity('countries')
class Country {
  @PrimaryColumn({ type: 'char', length: 2 })
  code!: string;

  @Column({ type: 'text' })
  name!: string;
}

@TenantEntity('offices')
class Office {
  @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
  id!: number;

  @Column({ type: 'text' })
  owner!: string;

  @ManyToOne(() => Country)
  @JoinColumn({ name: 'country' })
  country!: Country;
}

const tenancy = useTenancy(
  { max: 2, sharedSchemas: ['shared'] },
  `create table "$tenant".offices (
     id integer primary key generated always as identity,
     owner text not null,
     country char(2) not null references shared.countries);`,
);
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  await tenancy.database.query(`
    create schema shared;
    create table shared.countries (code char(2) primary key, name text not null);
  `);
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
});
beforeEach(async () => {
  await tenancy.database.query('truncate shared.countries cascade');
  await tenancy.database.query(`insert into shared.countries values ('fr', 'France')`);
  for (const { schema, slug } of [acme, globex]) {
    await tenancy.database.query(
      `insert into ${schema}.offices (owner, country) values ($1, 'fr')`,
      [slug],
    );
  }
});

const refused = expect.objectContaining({
  code: 'STATEMENT_UNSUPPORTED',
  message: expect.stringContaining('shared') as unknown,
}) as unknown;
/** The error itself, or what an ORM has wrapped around it. */
const reason = (error: Error) => error.cause ?? error;

describe('with Drizzle', () => {
  const db = () => createTenantDatabase(tenancy.connections);

  it('are joined and read by every tenant', async () => {
    for (const tenant of [acme, globex]) {
      const rows = await runWithTenant(tenant, () =>
        db()
          .select({ owner: offices.owner, country: countries.name })
          .from(offices)
          .innerJoin(countries, eq(offices.country, countries.code))
          .orderBy(asc(offices.id)),
      );
      expect(rows).toEqual([{ owner: tenant.slug, country: 'France' }]);
      const all = await runWithTenant(tenant, () => db().select().from(countries));
      expect(all).toEqual([{ code: 'fr', name: 'France' }]);
    }
  });

  it('are written without a tenant, and by no tenant', async () => {
    const added = { code: 'it', name: 'Italia' };
    const writes: (() => Promise<unknown>)[] = [
      () => db().insert(countries).values(added).execute(),
      () => db().update(countries).set({ name: 'x' }).execute(),
      () => db().delete(countries).execute(),
      () => db().transaction((tx) => tx.insert(countries).values(added).execute()),
    ];
    for (const write of writes) {
      const failure = await runWithTenant(acme, write).then(
        () => undefined,
        (error: Error) => reason(error),
      );
      expect(failure).toEqual(refused);
    }
    await withoutTenant(() => db().insert(countries).values(added).execute());
    const seen = await runWithTenant(globex, () => db().select().from(countries));
    expect(seen).toHaveLength(2);
  });
});

describe('with TypeORM', () => {
  let dataSource: DataSource;

  beforeAll(async () => {
    dataSource = await createTenantDataSource(tenancy.connections, {
      entities: [Country, Office],
    }).initialize();
  });
  afterAll(() => dataSource.destroy());

  it('are joined and read by every tenant', async () => {
    for (const tenant of [acme, globex]) {
      const rows = await runWithTenant(tenant, () =>
        dataSource.getRepository(Office).find({ relations: { country: true } }),
      );
      expect(rows).toMatchObject([{ owner: tenant.slug, country: { code: 'fr', name: 'France' } }]);
    }
  });

  it('are written without a tenant, and by no tenant', async () => {
    const repository = dataSource.getRepository(Country);
    const added = { code: 'it', name: 'Italia' };
    const writes: (() => Promise<unknown>)[] = [
      () => repository.insert(added),
      () => repository.save({ code: 'fr', name: 'x' }),
      () => repository.delete({ code: 'fr' }),
    ];
    for (const write of writes) {
      await expect(runWithTenant(acme, write)).rejects.toEqual(refused);
    }
    await withoutTenant(() => repository.insert(added));
    expect(await runWithTenant(globex, () => repository.count())).toBe(2);
  });
});

describe('the start-up check', () => {
  const verify = () => verifyIsolation(tenancy.connections, tenancy.registry);

  it('names the tables that a tenant also has', async () => {
    await expect(verify()).resolves.toEqual({ warnings: [] });
    await tenancy.database.query(`
      create table shared.offices (id int);
      create view shared.b as select 1;
      create table ${globex.schema}.b (id int);
    `);
    const { warnings } = await verify();
    expect(warnings).toEqual([expect.stringMatching(/shared schema shared .*: b, offices\.$/)]);
    await tenancy.database.query(`drop table shared.offices; drop view shared.b`);
  });

  it('names a shared schema that does not exist', async () => {
    const connections = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      sharedSchemas: ['nowhere'],
    });
    const { warnings } = await verifyIsolation(connections, new TenantRegistry(connections));
    await connections.close();
    expect(warnings).toEqual([expect.stringContaining('nowhere does not exist')]);
  });

  it('refuses a schema of a tenant', async () => {
    const connections = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      sharedSchemas: [acme.schema],
    });
    const registry = new TenantRegistry(connections, { schemaPrefix: 'other_' });
    await expect(verifyIsolation(connections, registry)).rejects.toThrow(
      /schema tenant_acme of the tenant acme is declared shared/,
    );
    await connections.close();
  });
});

it.each(['tenancy', 'tenant_x'])('%s cannot be shared', async (schema) => {
  const connections = new ConnectionManager({
    connectionString: tenancy.database.connectionString,
    sharedSchemas: [schema],
  });
  expect(() => new TenantRegistry(connections)).toThrow(ConfigurationError);
  await connections.close();
});
