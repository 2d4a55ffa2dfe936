import { lex } from './lexer.js';
import { writeTargets } from './write-targets.js';

const targets = (text: string) =>
  lex(text).statements.flatMap((statement) => writeTargets(statement, text));

describe('the schemas that a statement writes to', () => {
  it.each([
    'insert into "shared"."countries" values (1)',
    'insert into shared.countries values (1)',
    'INSERT INTO SHARED . countries VALUES (1)',
    'update only shared.countries set a = 1',
    'update "shared"."countries" as c set a = 1',
    'delete from shared.countries where a = 1',
    'delete from only "shared"."countries"',
    'merge into shared.countries using b on true when matched then do nothing',
    'truncate shared.countries',
    'truncate table only shared.countries restart identity',
    'truncate items, shared.countries',
    'truncate "$tenant".items *, shared.countries',
    'copy shared.countries from stdin',
    'with a as (delete from shared.countries returning *) select * from a',
    'with a as (select 1) insert into shared.countries select * from a',
    'explain analyze update shared.countries set a = 1',
    'create table shared.countries (id int)',
    'create table if not exists "shared".countries (id int)',
    'create unlogged table shared.countries (id int)',
    'create or replace view shared.v as select 1',
    'create materialized view if not exists shared.v as select 1',
    'create function shared.f() returns int language sql as $$ select 1 $$',
    'create type shared.mood as enum ()',
    'create schema shared',
    'create schema if not exists "shared"',
    'create unique index concurrently i on shared.countries (id)',
    'create index on only shared.countries (id)',
    'create trigger t after insert on shared.countries execute function f()',
    'create rule r as on insert to shared.countries do nothing',
    'create policy p on shared.countries',
    'alter table shared.countries add a int',
    'alter table if exists only "shared"."countries" add a int',
    'drop table if exists shared.countries',
    'drop schema shared cascade',
    'drop sequence shared.s',
  ])('is found in %s', (text) => {
    expect(targets(text)).toContain('shared');
  });

  it.each([
    'select * from shared.countries',
    'insert into items select * from shared.countries',
    'insert into "$tenant".items select * from shared.countries',
    'insert into shared (id) values (1)',
    'update items set a = c.a from shared.countries c',
    'delete from items using shared.countries c where c.a = items.a',
    'select * from shared.countries for update of countries',
    'select * from shared.countries for update',
    'insert into items (a) values (1) on conflict do update set shared = 1',
    'create table "$tenant".items (c text references shared.countries)',
    'create view v as select * from shared.countries',
    'create view "$tenant".v as select * from shared.countries',
    'create function f() returns shared.money language sql as $$ select 1 $$',
    'alter table items add c shared.money',
    `select 'insert into shared.countries'`,
    'create trigger t after insert on items execute function shared.f()',
  ])('is not found in %s', (text) => {
    expect(targets(text)).not.toContain('shared');
  });

  it('are unquoted', () => {
    expect(targets('insert into "a""b".c values (1)')).toEqual(['a"b']);
  });
});
