import 'reflect-metadata';
import type { Tenant } from '@mt/runtime';
import { diffTenantSchema } from '@mt/runtime/typeorm';
import { useDatabase } from '../support/database';
import { Application, useWrittenMigrations, type Isolation } from './typeorm/application';
import { columnOptions } from './typeorm/column-options';
import { columnTypes } from './typeorm/column-types';
import { constraints } from './typeorm/constraints';
import { defaults } from './typeorm/defaults';
import { enums } from './typeorm/enums';
import { byHand } from './typeorm/by-hand';
import { extensions } from './typeorm/extensions';
import { generated } from './typeorm/generated';
import { hierarchies } from './typeorm/hierarchies';
import { names } from './typeorm/names';
import { others } from './typeorm/others';
import type { Part } from './typeorm/part';
import { relations } from './typeorm/relations';

const PARTS: Readonly<Record<string, Part>> = {
  'column types': columnTypes,
  'column options': columnOptions,
  defaults,
  enums,
  constraints,
  relations,
  hierarchies,
  'generated columns and views': generated,
  'types of extensions': extensions,
  'objects made by hand': byHand,
  'entities of other schemas': others,
  ...names,
};
const ISOLATION: Isolation[] = ['schema', 'role'];

const database = useDatabase();
const written = useWrittenMigrations();
let timestamp = 1_700_000_000_000;

/** What is in a schema, of any kind. */
async function objectsOf({ schema }: Tenant): Promise<string[]> {
  const rows = await database.query<{ name: string }>(
    `select relname as name from pg_class where relnamespace = $1::regnamespace
     union all select typname from pg_type where typnamespace = $1::regnamespace
     union all select proname from pg_proc where pronamespace = $1::regnamespace`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

describe.each(Object.entries(PARTS))('TypeORM’s %s', (_, part) => {
  const { entities, options = {}, prepare, sharedSchemas = [] } = part;
  if (prepare !== undefined) beforeAll(() => database.query(prepare));

  it.each(ISOLATION)('generate, migrate, settle, work and go back (%s)', async (isolation) => {
    const application = await Application.start(database, isolation, options, sharedSchemas);
    const diff = () =>
      diffTenantSchema(database.connectionString, {
        ...options,
        sharedSchemas,
        entities,
        migrations: application.migrations,
      });
    part.migrations?.forEach((migration) => application.add(migration));
    try {
      const first = await diff();
      const { shared, ...own } = first;
      expect(own).toEqual({ up: expect.any(Array), down: expect.any(Array) });
      expect(first.up).not.toEqual([]);
      if (shared) application.add(await written.write('Shared', timestamp++, shared, true));
      application.add(await written.write('First', timestamp++, first));
      const tenants = [await application.createTenant('a'), await application.createTenant('b')];

      expect(await diff()).toEqual({ up: [], down: [] });

      for (const tenant of tenants) {
        await application.run(tenant, entities, (dataSource) =>
          part.use(dataSource.manager, tenant.name, (text) => application.asOwner(tenant, text)),
        );
      }
      for (const tenant of tenants) {
        for (const done of application.migrations.toReversed()) {
          if (new done().shared) continue;
          await application.undo(tenant, done);
        }
        expect(await objectsOf(tenant)).toEqual([]);
      }
    } finally {
      await application.connections.close();
      // The next one has another login.
      await database.query('drop schema if exists shared cascade');
    }
  });
});
