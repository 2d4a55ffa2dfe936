import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConnectionManager,
  Migrator,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  type ConnectionManagerOptions,
} from '@mt/runtime';
import { useDatabase, type TestDatabase } from './database.js';

/** Rows that say whose they are, with ids that are the same in every tenant. */
export const ITEMS = `
  create table "$tenant"."items" (
    "id" integer primary key generated always as identity,
    "owner" text not null,
    "note" text not null default ''
  );`;

export interface TestTenancy {
  readonly database: TestDatabase;
  readonly directory: string;
  readonly connections: ConnectionManager;
  readonly registry: TenantRegistry;
  readonly migrator: Migrator;
  readonly tenants: Tenants;
  /** Adds a migration, `0001_notes` for example. */
  migration(name: string, sql: string): Promise<void>;
}

/** Everything the runtime consists of, over a fresh database, with the first migration given. */
export function useTenancy(
  options: Omit<ConnectionManagerOptions, 'connectionString'> = {},
  firstMigration = ITEMS,
  login: (superuser: string) => Promise<ConnectionManagerOptions> = (connectionString) =>
    Promise.resolve({ connectionString }),
): TestTenancy {
  const database = useDatabase();
  const tenancy = { database } as { -readonly [K in keyof TestTenancy]: TestTenancy[K] };

  beforeAll(async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mt-migrations-'));
    tenancy.directory = directory;
    tenancy.migration = (name, sql) => writeFile(join(directory, `${name}.sql`), sql);
    await tenancy.migration('0000_items', firstMigration);
    const connections = new ConnectionManager({
      ...(await login(database.connectionString)),
      ...options,
    });
    tenancy.connections = connections;
    tenancy.registry = new TenantRegistry(connections);
    tenancy.migrator = new Migrator(
      connections,
      tenancy.registry,
      sqlMigrations(connections, { directory }),
    );
    tenancy.tenants = new Tenants(tenancy.registry, tenancy.migrator);
    await tenancy.registry.setup();
  });

  afterAll(async () => {
    await tenancy.connections.close();
    await rm(tenancy.directory, { recursive: true, force: true });
  });

  return tenancy;
}
