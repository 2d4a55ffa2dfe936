import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConnectionManager, Migrator, sqlMigrations, TenantRegistry, Tenants } from '@mt/runtime';
import { startEmbeddedPostgres } from '@mt/runtime/embedded';

const MIGRATION = `
  create table "$tenant"."items" (
    "id" integer primary key generated always as identity,
    "name" varchar(255) not null
  );
  insert into "$tenant"."items" ("name") select 'item ' || n from generate_series(1, 100) n;
`;

/** A server of its own with so many tenants, each with a table of a hundred rows. */
export async function startTenancy(count, report) {
  const folder = await mkdtemp(join(tmpdir(), 'mt-bench-'));
  const server = await startEmbeddedPostgres({ directory: join(folder, 'pg'), ephemeral: true });
  const connectionString = process.env.BENCH_DATABASE_URL ?? server.connectionString;
  await writeFile(join(folder, '0000_items.sql'), MIGRATION);
  return {
    connectionString,
    tenants: await createTenants(connectionString, folder, count, report),
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
async function createTenants(connectionString, directory, count, report) {
  const connections = new ConnectionManager({ connectionString });
  const registry = new TenantRegistry(connections);
  await registry.setup();
  const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
  const lifecycle = new Tenants(registry, migrator);
  const tenants = [];
  for (let n = 0; n < count; n++) {
    tenants.push(await lifecycle.create({ slug: `bench-${n}` }));
    if (n % 100 === 99) report(`tenants ${n + 1}/${count}`);
  }
  await connections.unscopedQuery('vacuum analyze');
  await connections.close();
  return tenants;
}

/** Each time another one, in an order without a pattern, the same for everybody. */
export function cycle(list) {
  let state = 12_345;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return list[(state >>> 8) % list.length];
  };
}
