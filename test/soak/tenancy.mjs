import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  ConnectionManager,
  Migrator,
  quoteIdentifier,
  sqlMigrations,
  TenantRegistry,
  Tenants,
} from '@mt/runtime';
import { createLogins } from '@mt/runtime/embedded';
import { ask } from './server.mjs';

/** Rows that every tenant has, with the same ids: 1 to … */
export const SEEDED = 5;

const CONCURRENCY = 4;

const TABLES = `
  create table "$tenant"."items" (
    "id" integer primary key generated always as identity,
    "owner" text not null,
    "note" text not null default 'seed'
  );`;

const seed = (schema, owner) =>
  `insert into ${schema}.items (owner) select '${owner}' from generate_series(1, ${SEEDED});`;

/**
 * Tenants with roles of their own, so that the same ones serve every mode, and some more that are
 * dropped and made again while the others work. In `public` there is a table of the same name with
 * nobody's rows: whoever falls through to it is found out.
 */
export async function createTenancy(superuser, { counted, dropped }, report) {
  const logins = await createLogins(superuser);
  const directory = await mkdtemp(join(tmpdir(), 'mt-soak-migrations-'));
  await writeFile(join(directory, '0000_items.sql'), TABLES);
  const connections = new ConnectionManager({
    ...logins,
    isolation: 'role',
    applicationName: 'mt-soak-harness',
    adminMax: CONCURRENCY,
  });
  const registry = new TenantRegistry(connections);
  await registry.setup();
  const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
  const lifecycle = new Tenants(registry, migrator);
  await ask(
    superuser,
    `${TABLES.replace('"$tenant"', 'public')} ${seed('public', 'nobody')}
     grant select, insert, update, delete on public.items to public`,
  );

  const all = await createAll(counted + dropped, lifecycle, report);
  for (const some of chunks(all, 100)) {
    const texts = some.map(({ schema, slug }) => seed(quoteIdentifier(schema), slug));
    await ask(superuser, texts.join('\n'));
  }

  return {
    ...logins,
    superuser,
    tenants: all.slice(0, counted),
    dropped: all.slice(counted),

    /** Drops a tenant's schema and makes it again, with its rows and rights. */
    async recreate(tenant, pause) {
      const schema = quoteIdentifier(tenant.schema);
      const owner = logins.adminConnectionString;
      // It waits for who uses the tables; without a limit all of its tenant's work would wait too.
      await ask(owner, `set lock_timeout = '2s'; drop schema if exists ${schema} cascade`);
      await pause();
      const table = TABLES.replace('"$tenant"', schema);
      await ask(owner, `create schema ${schema}; ${table} ${seed(schema, tenant.slug)}`);
      await migrator.setUpRole(tenant);
    },

    async close() {
      await connections.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A list in parts of at most so many. */
export function* chunks(list, size) {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size);
}

async function createAll(count, lifecycle, report) {
  const tenants = [];
  let next = 0;
  const work = async () => {
    while (next < count) {
      const number = next++;
      tenants[number] = await lifecycle.create({ slug: `soak-${number}` });
      if (number % 100 === 99) report(`tenants: ${number + 1} of ${count}`);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  return tenants;
}
