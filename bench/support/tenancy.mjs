import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionManager, Migrator, sqlMigrations, TenantRegistry, Tenants } from '@mt/runtime';
import { createLogins, startEmbeddedPostgres } from '@mt/runtime/embedded';

export const ITEMS = `
  create table "$tenant"."items" (
    "id" integer primary key generated always as identity,
    "name" varchar(255) not null
  );
  insert into "$tenant"."items" ("name") select 'item ' || n from generate_series(1, 100) n;
`;

/**
 * A server of its own with so many tenants, each with what the migration makes: a hundred items. They
 * have roles, so that they can be measured under either isolation, and the owner of their schemas is
 * no superuser, for whom the server would not look at rights at all.
 */
export async function startTenancy(count, report, migration = ITEMS) {
  const folder = await mkdtemp(join(tmpdir(), 'mt-bench-'));
  const server = await startEmbeddedPostgres({ directory: join(folder, 'pg'), ephemeral: true });
  const superuser = process.env.BENCH_DATABASE_URL ?? server.connectionString;
  const { connectionString: application, adminConnectionString: owner } =
    await createLogins(superuser);
  await writeFile(join(folder, '0000_tables.sql'), migration);
  return {
    connectionString: owner,
    applicationConnectionString: application,
    superuserConnectionString: superuser,
    tenants: await createTenants({ application, owner }, folder, count, report),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Over connections that nothing is measured on: a backend keeps the catalog of every table that it
 * has touched, and is slower for it.
 */
async function createTenants({ application, owner }, directory, count, report) {
  const connections = new ConnectionManager({
    connectionString: application,
    adminConnectionString: owner,
    isolation: 'role',
  });
  const registry = new TenantRegistry(connections);
  await registry.setup();
  const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
  const lifecycle = new Tenants(registry, migrator);
  const tenants = [];
  for (let n = 0; n < count; n++) {
    tenants.push(await lifecycle.create({ slug: `bench${n}` }));
    if (n % 100 === 99) report(`tenants ${n + 1}/${count}`);
  }
  await connections.adminQuery('vacuum analyze');
  await connections.close();
  return tenants;
}
