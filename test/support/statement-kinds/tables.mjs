import { quoteIdentifier } from '@mt/runtime';

/** Authors, books and tags that every tenant has, with the same ids: 1 to … */
export const SEEDED = 4;

/** The tables of all kinds, as a migration. */
export const TABLES = `
  create table "$tenant"."authors" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "name" text not null
  );
  create table "$tenant"."books" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "title" text not null,
    "author_id" integer not null references "$tenant"."authors" ("id")
  );
  create table "$tenant"."tags" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "label" text not null
  );
  create table "$tenant"."book_tags" (
    "book_id" integer not null references "$tenant"."books" ("id") on delete cascade,
    "tag_id" integer not null references "$tenant"."tags" ("id") on delete cascade,
    primary key ("book_id", "tag_id")
  );
  create table "$tenant"."journal" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "note" text not null
  );
  create table "$tenant"."counters" (
    "id" integer primary key,
    "owner" text not null,
    "count" integer not null
  );
  create table "$tenant"."audits" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "books" integer not null
  );
  create table "$tenant"."categories" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "parentId" integer references "$tenant"."categories" ("id")
  );
  create table "$tenant"."categories_closure" (
    "id_ancestor" integer not null references "$tenant"."categories" ("id") on delete cascade,
    "id_descendant" integer not null references "$tenant"."categories" ("id") on delete cascade,
    primary key ("id_ancestor", "id_descendant")
  );
  create table "$tenant"."folders" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "mpath" varchar default '',
    "parentId" integer references "$tenant"."folders" ("id")
  );
  create table "$tenant"."chapters" (
    "id" integer primary key generated always as identity (start with 101),
    "owner" text not null,
    "nsleft" integer not null default 1,
    "nsright" integer not null default 2,
    "parentId" integer references "$tenant"."chapters" ("id")
  );
  create view "$tenant"."shelf" as
    select "books"."id", "books"."owner", "authors"."owner" as "author_owner"
    from "$tenant"."books" join "$tenant"."authors" on "authors"."id" = "books"."author_id";
  create sequence "$tenant"."tickets" as bigint;`;

/** Tables whose rows say whose they are. */
export const OWNED = [
  'authors',
  'books',
  'tags',
  'journal',
  'counters',
  'audits',
  'categories',
  'folders',
  'chapters',
];

/** How many numbers of its sequence a tenant has. */
const TICKETS = 1_000_000;

/** In an order in which their rows can be deleted. */
const ALL = [
  'book_tags',
  'books',
  'categories_closure',
  ...OWNED.filter((table) => table !== 'books'),
];

/** The first number of a tenant's sequence: another for each slug, so that a number tells its owner. */
function firstTicket(slug) {
  let hash = 0;
  for (const char of slug) hash = (hash * 31 + (char.codePointAt(0) ?? 0)) % 1_000_003;
  return (hash + 1) * TICKETS;
}

/** The row that a number of the sequence tickets stands for. */
export function ticketRow(number, slug) {
  const ahead = Number(number) - firstTicket(slug);
  return { owner: ahead >= 0 && ahead < TICKETS ? slug : `whoever has the ticket ${number}` };
}

/**
 * SQL that gives a schema the rows of its tenant, in the place of those that it has. The login has to
 * own the tables.
 */
export function fillText({ schema, slug }) {
  const within = quoteIdentifier(schema);
  const owner = `'${slug}'`;
  const numbers = `generate_series(1, ${SEEDED}) as n`;
  const numbered = `overriding system value select n, ${owner},`;
  return `
    ${ALL.map((table) => `delete from ${within}.${table};`).join(' ')}
    insert into ${within}.authors ${numbered} 'author ' || n from ${numbers};
    insert into ${within}.books ${numbered} 'book ' || n, n from ${numbers};
    insert into ${within}.tags ${numbered} 'tag ' || n from ${numbers};
    insert into ${within}.book_tags select n, n from ${numbers};
    insert into ${within}.counters select n, ${owner}, 0 from ${numbers};
    select setval('${within}.tickets', ${firstTicket(slug)}, false);`;
}

/**
 * SQL that makes the same tables in `public` with nobody's rows: whoever falls through to them is
 * found out.
 */
export function nobodysText() {
  return `
    ${TABLES.replaceAll('"$tenant"', 'public')}
    ${fillText({ schema: 'public', slug: 'nobody' })}
    grant all on all tables in schema public to public;
    grant all on all sequences in schema public to public;`;
}

/** SQL that finds rows which are not the tenant's, and rows of work that was rolled back. */
export function strayText({ schema, slug }) {
  const within = quoteIdentifier(schema);
  const strays = OWNED.map(
    (table) =>
      `select '${table}' as "table", id, owner from ${within}.${table} where owner <> '${slug}'`,
  );
  const unkept = `select 'journal', id, note from ${within}.journal where note like 'undone%'`;
  return [...strays, unkept].join(' union all ');
}

/** What work that must not be kept is called. */
export const UNDONE = 'undone';

/** What a transaction or a savepoint is rolled back with. */
export class Undo extends Error {}

/** Waits for work that ends with an {@link Undo}. */
export async function undone(work) {
  try {
    await work;
  } catch (error) {
    if (error instanceof Undo) return;
    throw error;
  }
  throw new Error('What was to be rolled back was not.');
}

/** One of the ids that every tenant has. */
export function anyId(random) {
  return random.below(SEEDED) + 1;
}

/** What a count of the tenant's own rows stands for: another number counts another's. */
export function countRow(count, tenant, expected = SEEDED) {
  return {
    owner: Number(count) === expected ? tenant : `whoever has ${count} of ${expected} rows`,
  };
}
