import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';

/** How many rows each tenant has in `users`. */
export const ROWS = 100;

/** What `max_connections = 100` leaves to roles that are no superusers. */
export const CONNECTIONS = 97;

/** A login role for each of the two sides of a step, so that neither takes the other's connections. */
const ROLES = { contestant: 'bench_contestant', ours: 'bench_ours' };

/** Each row says whose it is. */
export const MIGRATION = `
  create table "$tenant"."users" (
    "id" integer primary key,
    "owner" varchar(63) not null default '',
    "name" varchar(255) not null
  );
  insert into "$tenant"."users" ("id", "name") select n, 'user ' || n from generate_series(1, ${ROWS}) n;
  update "$tenant"."users" as u set "owner" = n.nspname
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = u.tableoid;
`;

/**
 * Makes what the contestants need besides the tenants' schemas: login roles that may read; rows in
 * `public`, so that a read outside of every tenant's schema is a wrong row and not an error; and
 * the table of tenants of nestjs-multitenant, with the columns of both its modes.
 */
const SETUP = `
  ${Object.values(ROLES)
    .map(
      (role) => `create role ${role} login password '${role}' connection limit ${CONNECTIONS};
                 grant pg_read_all_data to ${role};`,
    )
    .join('')}

  create table public.users (
    id integer primary key, owner varchar(63) not null, name varchar(255) not null
  );
  insert into public.users select n, 'public', 'user ' || n from generate_series(1, ${ROWS}) n;

  create type public.tenant_status as enum ('active', 'inactive', 'suspended', 'pending');
  create table public.tenants (
    id uuid primary key default gen_random_uuid(),
    code varchar(50) not null unique,
    name varchar(100) not null,
    description text,
    status public.tenant_status not null default 'active',
    settings jsonb,
    entity_config jsonb,
    created_at timestamp not null default now(),
    updated_at timestamp not null default now(),
    deleted_at timestamp,
    "entityConfig" jsonb,
    "createdAt" timestamp not null default now(),
    "updatedAt" timestamp not null default now(),
    "deletedAt" timestamp
  );
  insert into public.tenants (code, name, entity_config, "entityConfig")
    select schema_name, name, '{"enabledEntities": ["user"]}', '{"enabledEntities": ["user"]}'
    from tenancy.tenants;
  analyze public.users, public.tenants;
`;

/** The database as the steps need it. Its own connections are a superuser's. */
export async function openDatabase(superuserUrl) {
  const pool = new pg.Pool({ connectionString: superuserUrl, max: 2 });
  await pool.query(SETUP);
  const { rows } = await pool.query('show server_version');
  return {
    serverVersion: rows[0].server_version,
    logins: {
      contestant: loginOf(ROLES.contestant, pool, superuserUrl),
      ours: loginOf(ROLES.ours, pool, superuserUrl),
    },
    close: () => pool.end(),
  };
}

function loginOf(role, pool, superuserUrl) {
  const url = new URL(superuserUrl);
  url.username = role;
  url.password = role;
  const count = async () => {
    const text = 'select count(*)::int as open from pg_stat_activity where usename = $1';
    return (await pool.query(text, [role])).rows[0].open;
  };
  return {
    connection: { connectionString: url.href },
    watchConnections: () => watch(count),
    untilAllClosed: () => untilNone(count),
  };
}

/** Looks every 50 ms how many connections are open. */
function watch(count) {
  const stopping = new AbortController();
  let highest = 0;
  const look = async () => (highest = Math.max(highest, await count()));
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await look();
      await delay(50);
    }
  })();
  return {
    highest: async () => {
      await look();
      return highest;
    },
    stop: () => {
      stopping.abort();
      return watching;
    },
  };
}

/** The server notices the end of a killed process by itself, but not at once. */
async function untilNone(count) {
  const deadline = performance.now() + 30_000;
  while ((await count()) > 0) {
    if (performance.now() > deadline) throw new Error('The connections of a step stay open.');
    await delay(20);
  }
}
