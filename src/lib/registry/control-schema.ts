import type pg from 'pg';
import { applicationRole } from '../roles/application-role.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { SqlState, sqlState } from '../pool/pg-errors.js';
import { ConfigurationError } from '../errors.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { TENANT_STATUSES } from '../tenant/tenant.js';
import { changeTriggers } from './change-notifications.js';
import { changeControlSchema, lockControlSchema } from './control-lock.js';
import type { ControlTables } from './control-tables.js';

/**
 * Creates what is missing of the control schema. Safe to call from several processes at once.
 *
 * @throws ConfigurationError when the login role may not create it
 */
export async function createControlSchema(
  connections: ConnectionManager,
  tables: ControlTables,
): Promise<void> {
  const application = await applicationRole(connections);
  try {
    await changeControlSchema(connections, async (client) => {
      await client.query(definition(tables));
      await lockControlSchema(client, tables);
      await upgrade(client, tables);
      await client.query(changeTriggers(tables));
      await grantRights(client, tables, application);
    });
  } catch (error) {
    throw explained(error, tables);
  }
}

function definition({ schema, tenants, migrations, migrationRun }: ControlTables): string {
  const statuses = TENANT_STATUSES.map((status) => `'${status}'`).join(', ');
  return `
    create schema if not exists ${schema};
    create table if not exists ${tenants} (
      id uuid primary key default gen_random_uuid(),
      slug text not null unique,
      schema_name text not null unique,
      role_name text unique,
      placement text not null,
      status text not null check (status in (${statuses})),
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

/** What a control schema lacks that an earlier version has made. */
async function upgrade(
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

/**
 * With an admin login of its own, the application only reads: who the tenants are, what they have. And
 * it locks, since the lock of a run may have to go past a pooler, for which there is its URL alone.
 */
async function grantRights(
  client: pg.ClientBase,
  { schema, tenants, migrations, migrationRun }: ControlTables,
  application: string,
): Promise<void> {
  const role = quoteIdentifier(application);
  const { rows } = await client.query<{ may: boolean }>(
    `select pg_catalog.has_schema_privilege($1, $2::regnamespace, 'usage')
       and pg_catalog.has_table_privilege($1, $3, 'select')
       and pg_catalog.has_table_privilege($1, $4, 'select')
       and pg_catalog.has_table_privilege($1, $5, 'update') as may`,
    [application, schema, tenants, migrations, migrationRun],
  );
  if (rows[0]?.may) return;
  await client.query(`grant usage on schema ${schema} to ${role}`);
  await client.query(`grant select on ${tenants}, ${migrations} to ${role}`);
  await client.query(`grant update on ${migrationRun} to ${role}`);
}

/**
 * What a failed statement on the control schema means: where something of it is missing, that it was
 * not set up, or by an older version.
 */
export function explainMissing(error: unknown, { schema }: ControlTables): unknown {
  const state = sqlState(error);
  if (state === undefined || !MISSING.has(state)) return error;
  return new ConfigurationError(`The control schema ${schema} is not set up.`, {
    cause: error,
    remedy:
      'Call registry.setup() when the application starts; with role isolation, once where the admin login is configured.',
  });
}

const MISSING: ReadonlySet<string> = new Set([
  SqlState.undefinedTable,
  SqlState.undefinedColumn,
  SqlState.invalidSchemaName,
]);

function explained(error: unknown, tables: ControlTables): unknown {
  if (sqlState(error) !== SqlState.insufficientPrivilege) return error;
  return new ConfigurationError(`The login role may not create the schema ${tables.schema}.`, {
    cause: error,
    remedy: 'Grant it CREATE on the database, or have the schema created by a role that has it.',
  });
}
