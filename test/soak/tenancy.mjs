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
import { fillText, nobodysText, TABLES } from '../support/statement-kinds/index.mjs';
import { ask } from './server.mjs';

/** Rows that every tenant has, with the same ids: 1 to … */
export const SEEDED = 5;

const CONCURRENCY = 4;

const ITEMS = `
  create table "$tenant"."items" (
    "id" integer primary key generated always as identity,
    "owner" text not null,
    "note" text not null default 'seed'
  );`;

const tablesIn = (schema) => `${ITEMS}\n${TABLES}`.replaceAll('"$tenant"', schema);

const seedItems = ({ schema, slug }) => `
  insert into ${quoteIdentifier(schema)}.items (owner)
  select '${slug}' from generate_series(1, ${SEEDED});`;

/** The rows that a tenant has in the beginning. */
const seed = (tenant) => `${seedItems(tenant)} ${fillText(tenant)}`;

/** Whose rows those find who leave their schema. */
export const NOBODY = { schema: 'public', slug: 'nobody' };

/**
 * Tenants with roles of their own, so that the same ones serve every mode, and some more that are
 * dropped and made again while the others work. In `public` there is a table of the same name with
 * nobody's rows: whoever falls through to it is found out.
 */
export async function createTenancy(superuser, { counted, dropped }, report) {
  const logins = await createLogins(superuser);
  const directory = await mkdtemp(join(tmpdir(), 'mt-soak-migrations-'));
  await writeFile(join(directory, '0000_tables.sql'), tablesIn('"$tenant"'));
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
    `${ITEMS.replace('"$tenant"', NOBODY.schema)} ${seedItems(NOBODY)} ${nobodysText()}`,
  );

  const all = await createAll(counted + dropped, lifecycle, report);
  for (const some of chunks(all, 20)) await ask(superuser, some.map(seed).join('\n'));

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
      await ask(owner, `create schema ${schema}; ${tablesIn(schema)} ${seed(tenant)}`);
      await lifecycle.createRole(tenant.slug);
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
