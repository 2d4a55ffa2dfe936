import 'reflect-metadata';
import { diffTenantSchema, type TenantSchemaDiff } from '@mt/runtime/typeorm';
import type { Tenant } from '@mt/runtime';
import { describeSchema } from '../../src/lib/typeorm/generator/describe-schema';
import { useDatabase } from '../support/database';
import { Application, useWrittenMigrations } from './typeorm/application';
import { changes, Namer, refusedChanges, unseenChanges } from './typeorm/changes';

type Entities = Parameters<typeof diffTenantSchema>[1]['entities'];

const database = useDatabase();
const written = useWrittenMigrations();
let timestamp = 1_700_000_000_000;

async function diff(application: Application, entities: Entities): Promise<TenantSchemaDiff> {
  const { migrations } = application;
  return diffTenantSchema(database.connectionString, { entities, migrations });
}

/** Adds what the generator finds to the application's migrations. */
async function generate(application: Application, name: string, entities: readonly unknown[]) {
  const found = await diff(application, entities as Entities);
  const migration = await written.write(name, timestamp++, found);
  application.add(migration);
  return { ...found, migration };
}

const describeTenant = ({ schema }: Tenant) =>
  describeSchema((text, values) => database.query(text, values), schema);

it('TypeORM’s generator follows every change of entities, and settles, and goes back', async () => {
  const application = await Application.start(database, 'schema', {});
  try {
    const pairs = Object.values(changes).map((change, index) => change(new Namer(`c${index}`)));
    const [before, after] = [pairs.flatMap(([one]) => one), pairs.flatMap(([, other]) => other)];

    await generate(application, 'First', before);
    const tenants = [await application.createTenant('a'), await application.createTenant('b')];
    const described = await Promise.all(tenants.map(describeTenant));

    const { migration, ...second } = await generate(application, 'Second', after);
    expect(second).toEqual({ up: expect.any(Array), down: expect.any(Array) });
    // Every change has been found.
    for (const index of pairs.keys()) expect(second.up.join('\n')).toContain(`c${index}_`);
    await application.migrate();
    expect(await diff(application, after as Entities)).toEqual({ up: [], down: [] });

    for (const tenant of tenants) await application.undo(tenant, migration);
    expect(await Promise.all(tenants.map(describeTenant))).toEqual(described);
  } finally {
    await application.connections.close();
  }
});

describe('TypeORM’s generator', () => {
  const of = new Namer('of');
  let application: Application;

  beforeEach(async () => {
    application = await Application.start(database, 'schema', {});
  });
  afterEach(() => application.connections.close());

  it.each(Object.entries(refusedChanges))('refuses what %s', async (_, [change, error]) => {
    const [before, after] = change(of);
    await generate(application, 'First', before);
    await expect(diff(application, after as Entities)).rejects.toMatchObject({
      code: 'SCHEMA_DIFF_FAILED',
      message: expect.stringContaining(error) as string,
      remedy: expect.any(String) as string,
    });
  });

  it.each(Object.entries(unseenChanges))('tells of what it does not see: %s', async (_, unseen) => {
    const [change, names] = unseen;
    const [before, after] = change(of);
    await generate(application, 'First', before);
    expect(await diff(application, after as Entities)).toMatchObject({
      notes: [expect.stringContaining(names(of))],
    });
  });
});
