import type pg from 'pg';
import { lockTable } from '../connections/contended-change.js';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import { changeTriggers, hasTriggers } from './change-notifications.js';
import type { ControlTables } from './control-tables.js';

/**
 * A change to the control schema, in a transaction of its own. Its number is its place in the list, for
 * ever: a step that was released is never changed, nor taken out. What it does can be done again.
 */
export interface ControlStep {
  /** Whether code that does not know it must not work with it. */
  readonly breaking: boolean;
  /** SQL that tells whether all of it is there, also where nothing is. */
  readonly isThere: (tables: ControlTables) => string;
  /** Is called under the lock; the first step takes it, once there is something to lock. */
  readonly up: (client: pg.ClientBase, tables: ControlTables) => Promise<void>;
}

export const CONTROL_STEPS: readonly ControlStep[] = [
  {
    breaking: false,
    isThere: ({ tenants, migrations, migrationRun }) => `
      ${lookUp(migrationRun)} is not null
      and ${hasColumn(tenants, 'role_name')} and ${hasColumn(migrations, 'accepted')}
      and exists (
        select from pg_catalog.pg_index
        where indrelid = ${lookUp(migrations)} and indpred is not null)`,
    async up(client, tables) {
      await client.query(definition(tables));
      await lockTable(client, tables.tenants);
      await addWhatEarlierFormsLack(client, tables);
    },
  },
  {
    breaking: false,
    isThere: ({ tenants }) => hasTriggers(tenants),
    async up(client, tables) {
      await client.query(changeTriggers(tables));
    },
  },
];

const lookUp = (name: string) => `pg_catalog.to_regclass(${quoteLiteral(name)})`;

function hasColumn(name: string, column: string): string {
  return `exists (
    select from pg_catalog.pg_attribute
    where attrelid = ${lookUp(name)} and attname = '${column}' and not attisdropped)`;
}

function definition({ schema, tenants, migrations, migrationRun }: ControlTables): string {
  return `
    create schema if not exists ${schema};
    create table if not exists ${tenants} (
      id uuid primary key default gen_random_uuid(),
      slug text not null unique,
      schema_name text not null unique,
      role_name text unique,
      placement text not null,
      status text not null check (status in ('provisioning', 'active', 'suspended', 'archived')),
      name text not null,
      metadata jsonb not null default '{}',
      created_at timestamptz not null default now(),
      updated_at timestamptz not null default now()
    );
    create table if not exists ${migrations} (
      tenant_id uuid references ${tenants} on delete cascade,
      name text not null,
      checksum text,
      accepted text,
      duration_ms integer not null,
      applied_at timestamptz not null default now(),
      constraint migrations_key unique (tenant_id, name)
    );
    create table if not exists ${migrationRun} ();
  `;
}

/** Forms that were made before steps were counted. */
async function addWhatEarlierFormsLack(
  client: pg.ClientBase,
  { tenants, migrations }: ControlTables,
): Promise<void> {
  await addColumn(client, tenants, 'role_name', 'text unique');
  await addColumn(client, migrations, 'accepted', 'text');
  await letShare(client, migrations);
}

/** Migrations of what tenants share are those of no tenant, which a primary key does not take. */
async function letShare(client: pg.ClientBase, table: string): Promise<void> {
  const { rows } = await client.query<{ primary: string | null; shares: boolean }>(
    `select (select conname from pg_catalog.pg_constraint
             where conrelid = $1::regclass and contype = 'p') as primary,
       exists (select from pg_catalog.pg_index
               where indrelid = $1::regclass and indpred is not null) as shares`,
    [table],
  );
  const primary = rows[0]?.primary;
  if (primary) {
    // Made beforehand, the index leaves the ledger readable for as long as that takes.
    await client.query(`create unique index migrations_key on ${table} (tenant_id, name)`);
    await client.query(
      `alter table ${table} drop constraint ${quoteIdentifier(primary)},
         alter tenant_id drop not null,
         add constraint migrations_key unique using index migrations_key`,
    );
  }
  if (!rows[0]?.shares) {
    await client.query(
      `create unique index migrations_shared_key on ${table} (name) where tenant_id is null`,
    );
  }
}

async function addColumn(
  client: pg.ClientBase,
  table: string,
  column: string,
  type: string,
): Promise<void> {
  const { rows } = await client.query(
    'select from pg_catalog.pg_attribute where attrelid = $1::regclass and attname = $2',
    [table, column],
  );
  // Asked first: the change itself would lock the table at each start.
  if (rows.length === 0) await client.query(`alter table ${table} add ${column} ${type}`);
}
