import type { Tenant } from '@mt/runtime';
import type { TestDatabase } from '../../support/database.js';

/**
 * What a tenant's statement may reach: objects whose bodies name others without a schema, as people
 * write them. Each tenant's `settings` say whose they are.
 */
export const OBJECTS = `
  create table "$tenant".settings (owner text not null);
  create table "$tenant".audit (what text not null);
  create sequence "$tenant".numbers;

  create function "$tenant".whose() returns text stable language plpgsql as
    $$ begin return (select owner from settings); end $$;
  create function "$tenant".whose_in_sql() returns text stable language sql as
    'select owner from settings';
  create function "$tenant".next_number() returns bigint language plpgsql as
    $$ begin return nextval('numbers'); end $$;
  create function "$tenant".same(integer, integer) returns text stable language plpgsql as
    $$ begin return (select owner from settings); end $$;
  create operator "$tenant".=== (leftarg = integer, rightarg = integer, function = "$tenant".same);
  create type "$tenant".mood as enum ('happy');
  create domain "$tenant".note as text check (value <> whose() || '!');

  create table "$tenant".items (
    id integer primary key generated always as identity,
    owner text not null default 'nobody',
    number bigint not null default next_number(),
    drawn bigint not null default nextval('numbers')
  );
  create function "$tenant".name_owner() returns trigger language plpgsql as $$
  begin
    insert into audit (what) values ('trigger of ' || whose());
    new.owner := (select owner from settings);
    return new;
  end $$;
  create trigger name_owner before insert on "$tenant".items
    for each row execute function "$tenant".name_owner();

  create table "$tenant".notes (owner text not null default whose(), note note);
  create rule noted as on insert to "$tenant".notes
    do also insert into audit (what) values ('rule of ' || whose());
  create view "$tenant".seen as select whose() as owner;

  create procedure "$tenant".batch() language plpgsql as
    $$ begin insert into audit (what) values ('procedure of ' || whose()); end $$;

  create table "$tenant".people (owner text not null, email citext not null);

  create function "$tenant".lead_astray() returns integer language plpgsql as
    $$ begin perform set_config('search_path', 'public', true); return 1; end $$;
  create function "$tenant".shed_role() returns integer language plpgsql as
    $$ begin perform set_config('role', 'none', true); return 1; end $$;
`;

/** What is shared, made by a superuser. */
export const SHARED = `
  create schema shared;
  create extension citext schema shared;
  create extension unaccent schema shared;
  create text search configuration shared.plain (copy = pg_catalog.simple);
  alter text search configuration shared.plain alter mapping for hword, hword_part, word
    with shared.unaccent, pg_catalog.simple;
  create table shared.countries (code text primary key, name text not null);
  insert into shared.countries values ('fr', 'France');
  create table shared.settings (owner text not null);
  insert into shared.settings values ('shared');
  grant usage on schema shared to public;
  grant select on all tables in schema shared to public;
`;

/** Everything again in `public`, where it is nobody's. */
export const DECOYS = OBJECTS.replaceAll('"$tenant"', 'public').replaceAll('citext', 'text');

/** Fills what each tenant has, and the decoys. */
export async function fill(database: TestDatabase, tenants: readonly Tenant[]): Promise<void> {
  for (const [index, { schema, slug }] of tenants.entries()) {
    await fillSchema(database, schema, slug, (index + 1) * NUMBERS);
  }
  await fillSchema(database, 'public', 'public', 9 * NUMBERS);
}

/** How many numbers each tenant has for itself. */
export const NUMBERS = 1_000_000;

async function fillSchema(database: TestDatabase, schema: string, owner: string, from: number) {
  await database.query(`
    truncate ${schema}.settings, ${schema}.audit, ${schema}.items, ${schema}.notes, ${schema}.people;
    alter sequence ${schema}.numbers restart ${from};
    insert into ${schema}.settings values ('${owner}');
    insert into ${schema}.people values ('${owner}', 'Ada@Example.com');
  `);
}

/** What the decoys in `public` look like as long as nobody has reached them. */
export async function decoys(database: TestDatabase): Promise<unknown> {
  const [found] = await database.query(
    `select (select count(*) from public.audit)::integer as audit,
       (select count(*) from public.items)::integer as items,
       (select count(*) from public.notes)::integer as notes,
       (select last_value from public.numbers)::integer as numbers`,
  );
  return found;
}

export const UNTOUCHED = { audit: 0, items: 0, notes: 0, numbers: 9 * NUMBERS };
