import { loadModule, parseSync } from 'libpg-query';
import { readFileSync } from 'node:fs';
import { runWithTenant, UnsupportedStatementError, type Tenant } from '@mt/runtime';
import { useTenancy } from '../support/tenancy.js';

// Every command of PostgreSQL, as its own parser tells them apart: what a tenant may do is done, and
// what it may not is refused before it is sent, with the reason. In the order in which they are run.

const RUNS = 'runs';
/** The server refuses it by itself, with this SQLSTATE. */
type Refused = RegExp | { readonly state: string };

const DATABASE = /concerns the whole database/;
const OF_ALL = /is about the tables of all tenants/;
const PREPARED = /A prepared transaction is left to whoever ends it/;
const LASTS = /which (?:the next tenant gets|all tenants use)|has for all tenants/;

const COMMANDS: readonly (readonly [text: string, outcome: typeof RUNS | Refused])[] = [
  // Tables and what belongs to them.
  ['create table notes (id int primary key, body text, parent int)', RUNS],
  ['create table "$tenant".parted (id int) partition by range (id)', RUNS],
  ['create table parted_1 partition of parted for values from (1) to (9)', RUNS],
  ['alter table parted detach partition parted_1 concurrently', RUNS],
  ['create table copied as select * from items', RUNS],
  ['select * into copied_too from items', RUNS],
  ['create unlogged table unlogged (id int)', RUNS],
  ['create temporary table gone (id int) on commit drop', RUNS],
  ['create temporary table stays (id int)', LASTS],
  ['alter table notes add column owner text, alter column body set not null', RUNS],
  ['alter table notes rename column body to text', RUNS],
  ['alter table notes replica identity full', RUNS],
  ['alter table notes enable row level security', RUNS],
  ['create policy own on notes using (true)', RUNS],
  ['alter policy own on notes using (id > 0)', RUNS],
  ['create index on notes (text)', RUNS],
  ['create index concurrently notes_owner on "$tenant".notes (owner)', RUNS],
  ['alter index notes_owner rename to notes_by_owner', RUNS],
  ['reindex index notes_by_owner', RUNS],
  ['reindex table concurrently notes', RUNS],
  ['reindex database', OF_ALL],
  ['create statistics related (ndistinct) on id, owner from notes', RUNS],
  ['alter statistics related set statistics 10', RUNS],
  ['cluster notes using notes_pkey', RUNS],
  ['cluster', OF_ALL],
  ['vacuum (analyze) notes', RUNS],
  ['vacuum', OF_ALL],
  ['analyze notes', RUNS],
  ['create sequence numbers', RUNS],
  ['alter sequence numbers restart with 5', RUNS],
  [`select nextval('numbers'), currval('numbers')`, RUNS],
  ['create view visible as select * from notes', RUNS],
  ['create or replace view visible as select * from notes where id > 0', RUNS],
  ['create materialized view stored as select * from notes with no data', RUNS],
  ['refresh materialized view stored', RUNS],
  ['create rule quiet as on delete to visible do instead nothing', RUNS],
  ['alter rule quiet on visible rename to quieter', RUNS],
  ['comment on table notes is $$of the tenant$$', RUNS],
  ['create foreign table far (id int) server nowhere', RUNS],
  ['alter foreign table far add column name text', RUNS],
  ['import foreign schema public from server nowhere into "$tenant"', { state: '55000' }],
  // Types, functions and operators.
  [`create type mood as enum ('sad')`, RUNS],
  [`alter type mood add value 'glad'`, RUNS],
  ['alter type mood set (send = enum_send)', { state: '42883' }],
  ['create type pair as (a int, b int)', RUNS],
  ['alter type pair add attribute c int', RUNS],
  ['create type span as range (subtype = int)', RUNS],
  ['create domain positive as int check (value > 0)', RUNS],
  ['alter domain positive set default 1', RUNS],
  ['create function touch() returns trigger language plpgsql as $$begin return new; end$$', RUNS],
  ['create function twice(int) returns int immutable begin atomic select $1 * 2; end', RUNS],
  ['alter function twice(int) cost 5', RUNS],
  ['alter function twice(int) owner to current_user', RUNS],
  ['alter function twice(int) depends on extension plpgsql', RUNS],
  ['create procedure work() language plpgsql as $$begin perform 1; end$$', RUNS],
  ['call work()', RUNS],
  [`do $$begin perform 'x'; end$$`, RUNS],
  ['create trigger touched before insert on notes for each row execute function touch()', RUNS],
  ['alter trigger touched on notes rename to touching', RUNS],
  ['create aggregate total (int) (sfunc = int4pl, stype = int)', RUNS],
  ['create function same(pair, pair) returns bool immutable begin atomic select true; end', RUNS],
  ['create operator === (leftarg = pair, rightarg = pair, function = same)', RUNS],
  ['alter operator === (pair, pair) set (restrict = eqsel)', RUNS],
  ['create operator family pairs using btree', RUNS],
  ['create operator class pair_ops for type pair using hash as operator 1 ===', RUNS],
  ['alter operator family pairs using btree add function 1 (int, int) btint4cmp(int, int)', RUNS],
  ['create cast (pair as text) with inout', RUNS],
  [`create collation plain from "C"`, RUNS],
  ['alter collation plain refresh version', RUNS],
  [`create conversion latin for 'LATIN1' to 'UTF8' from iso8859_1_to_utf8`, RUNS],
  ['create text search configuration words (copy = simple)', RUNS],
  ['alter text search configuration words alter mapping for word with simple', RUNS],
  ['create text search dictionary stems (template = simple)', RUNS],
  ['alter text search dictionary stems (accept = false)', RUNS],
  ['create transform for pair language sql (from sql with function prsd_lextype(internal))', RUNS],
  // Rows.
  [`insert into notes (id, text) values (1, 'a'), (2, 'b')`, RUNS],
  [`insert into notes (id, text) values (1, 'a') on conflict (id) do update set text = 'c'`, RUNS],
  [`update notes set text = 'd' where id = 1 returning *`, RUNS],
  ['delete from notes where id = 2', RUNS],
  ['merge into notes n using items i on n.id = i.id when matched then delete', RUNS],
  ['with recursive all_notes as (select 1) table all_notes', RUNS],
  ['select 1 union select 2 except values (3)', RUNS],
  ['select * from notes for update skip locked', RUNS],
  ['explain (analyze) select * from notes', RUNS],
  ['copy notes to stdout', RUNS],
  [`copy notes to '/tmp/notes'`, /Files and programs/],
  ['truncate notes restart identity cascade', RUNS],
  // Transactions.
  ['begin isolation level serializable; select 1; commit', RUNS],
  ['start transaction read only; select 1; rollback and no chain', RUNS],
  ['begin; savepoint a; rollback to a; release a; end', RUNS],
  ['begin; lock table notes in share mode; set constraints all deferred; commit', RUNS],
  ['begin; declare c cursor for select 1; fetch 1 from c; move 1 in c; close c; commit', RUNS],
  ['begin; declare c cursor with hold for select 1; commit', LASTS],
  [`begin; prepare transaction 'both'`, PREPARED],
  ['begin; set transaction isolation level repeatable read; commit', RUNS],
  [`begin; set local work_mem = '1MB'; commit`, RUNS],
  ['begin; set local search_path = public; commit', /changes as whom, where or how/],
  // The session.
  ['show search_path', RUNS],
  [`set work_mem = '1MB'`, LASTS],
  ['reset work_mem', LASTS],
  ['discard all', LASTS],
  ['prepare p as select 1', LASTS],
  ['execute p', /EXECUTE of what was prepared unseen/],
  ['deallocate all', LASTS],
  ['listen news', LASTS],
  ['unlisten news', LASTS],
  [`notify news, 'x'`, RUNS],
  [`load 'plpgsql'`, LASTS],
  // Rights.
  ['grant select on notes to public', RUNS],
  ['revoke all on notes from public', RUNS],
  ['alter default privileges in schema "$tenant" grant select on tables to public', RUNS],
  ['alter default privileges in schema "$tenant" revoke select on tables from public', RUNS],
  ['alter table notes owner to current_user', RUNS],
  [`security label on table notes is 'x'`, { state: '22023' }],
  ['grant pg_monitor to pg_read_all_data', DATABASE],
  ['reassign owned by current_user to current_user', DATABASE],
  ['drop owned by nobody_there', DATABASE],
  // What is the whole database's, or the server's.
  ['create schema other', /CREATE SCHEMA makes another schema/],
  ['create extension citext', /An extension is the whole database’s/],
  ['alter extension plpgsql update', /An extension is the whole database’s/],
  ['alter extension plpgsql add function work()', /An extension is the whole database’s/],
  ['create role x', DATABASE],
  ['alter role x login', DATABASE],
  ['alter role x set work_mem = 1', DATABASE],
  ['drop role x', DATABASE],
  ['create database x', DATABASE],
  ['alter database x connection limit 1', DATABASE],
  ['alter database x set work_mem = 1', DATABASE],
  ['alter database x refresh collation version', DATABASE],
  ['drop database x', DATABASE],
  [`create tablespace x location '/x'`, DATABASE],
  ['alter tablespace x set (seq_page_cost = 1)', DATABASE],
  ['alter table all in tablespace pg_default set tablespace pg_default', DATABASE],
  ['drop tablespace x', DATABASE],
  ['create publication x for all tables', DATABASE],
  ['alter publication x set (publish = $$insert$$)', DATABASE],
  [`create subscription x connection '' publication y`, DATABASE],
  ['alter subscription x disable', DATABASE],
  ['drop subscription x', DATABASE],
  ['create foreign data wrapper x', DATABASE],
  ['alter foreign data wrapper x no handler', DATABASE],
  ['create server x foreign data wrapper y', DATABASE],
  [`alter server x version '1'`, DATABASE],
  ['create user mapping for public server x', DATABASE],
  ['alter user mapping for public server x options (a $$b$$)', DATABASE],
  ['drop user mapping for public server x', DATABASE],
  ['create event trigger x on ddl_command_end execute function touch()', DATABASE],
  ['alter event trigger x disable', DATABASE],
  ['create access method x type table handler heap_tableam_handler', DATABASE],
  ['create language x handler plpgsql_call_handler', DATABASE],
  ['alter system set work_mem = 1', DATABASE],
  ['checkpoint', DATABASE],
  [`commit prepared 'theirs'`, PREPARED],
  [`rollback prepared 'theirs'`, PREPARED],
  // And away with it.
  ['alter table notes set schema "$tenant"', RUNS],
  ['drop table notes, parted cascade', RUNS],
  ['drop function touch()', RUNS],
];

const tenancy = useTenancy({ max: 2 });
let acme: Tenant;
beforeAll(async () => {
  await loadModule();
  await tenancy.database.query('create foreign data wrapper none');
  await tenancy.database.query('create server nowhere foreign data wrapper none');
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

/** The kinds of statements in a text, as the server's parser names them. */
function kinds(text: string): string[] {
  const { stmts } = parseSync(text) as { stmts: { stmt: object }[] };
  return stmts.map(({ stmt }) => Object.keys(stmt)[0] ?? '');
}

it.each(COMMANDS)('%s: %p', async (text, outcome) => {
  await runWithTenant(acme, async () => {
    const client = await tenancy.connections.pool.connect();
    try {
      const sent = client.query(text);
      if (outcome === RUNS) await sent;
      else if (outcome instanceof RegExp) {
        const error: unknown = await sent.catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(UnsupportedStatementError);
        expect((error as Error).message).toMatch(outcome);
        expect((error as UnsupportedStatementError).remedy).toMatch(/\.$/);
        await client.query('select from items');
      } else {
        await expect(sent).rejects.toMatchObject({ code: outcome.state });
      }
    } finally {
      client.release();
    }
  });
});

it('are all that the parser knows', () => {
  const types = readFileSync(require.resolve('@pgsql/types/types.d.ts'), 'utf8');
  const known = new Set(types.match(/\b[A-Z]\w*Stmt\b/g));
  /** Within others only: in a file, a function's body, a UNION; or only of PL/pgSQL. */
  for (const inner of [
    'RawStmt',
    'ReturnStmt',
    'SetOperationStmt',
    'PLAssignStmt',
    'ReplicaIdentityStmt',
  ])
    known.delete(inner);
  const tried = new Set(COMMANDS.flatMap(([text]) => kinds(text)));
  expect([...known].filter((kind) => !tried.has(kind))).toEqual([]);
});
