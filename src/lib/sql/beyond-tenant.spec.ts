import { analyse } from './analysis.js';

const refusalOf = (text: string) => analyse(text).beyondTenant;

describe('what reaches past a tenant is seen', () => {
  it.each([
    ['create role x', 'CREATE ROLE concerns the whole database, and not one tenant of it'],
    ['ALTER USER x SET search_path = y', 'ALTER USER concerns'],
    ['drop /* … */ group x', 'DROP GROUP concerns'],
    ['create database x', 'CREATE DATABASE concerns'],
    ['alter database x set search_path = y', 'ALTER DATABASE concerns'],
    ['create schema x', 'CREATE SCHEMA makes another schema'],
    ['create schema if not exists "$tenant"', 'CREATE SCHEMA makes another schema'],
    ['alter system set x = 1', 'ALTER SYSTEM concerns'],
    ['create foreign data wrapper x', 'CREATE FOREIGN DATA WRAPPER concerns'],
    ['create event trigger x on ddl_command_end execute function f()', 'CREATE EVENT TRIGGER'],
    ['create or replace trusted procedural language x', 'CREATE LANGUAGE concerns'],
    ['drop owned by x', 'DROP OWNED concerns'],
    ['reassign owned by x to y', 'REASSIGN OWNED concerns'],
    ['grant tenant_a to tenant_b', 'GRANT OF A ROLE concerns'],
    ['create extension citext', 'An extension is the whole database’s'],
    ['select 1; drop extension if exists citext', 'An extension is the whole database’s'],
    ["copy items to program 'cat'", 'Files and programs of the server'],
    ["copy items from '/etc/passwd'", 'Files and programs of the server'],
    ["copy (select a from b) to E'/tmp/x'", 'Files and programs of the server'],
    ["select pg_read_file('x')", 'Files and programs of the server'],
    ["select * from pg_ls_dir('.')", 'Files and programs of the server'],
    ['select lastval()', 'lastval() is of whoever used the connection before'],
    ['insert into t values (pg_catalog."lastval"())', 'lastval() is of whoever'],
    ['select lo_get(1)', 'Large objects are in no schema'],
    ['select loread(lo_open(1, 2), 3)', 'Large objects are in no schema'],
    ["select query_to_xml($1, true, true, '')", 'query_to_xml() runs SQL that it gets as text'],
    ['select "query_to_xml" (x) from y', 'query_to_xml() runs SQL'],
    ['update t set a = pg_catalog . QUERY_TO_XMLSCHEMA(x)', 'query_to_xmlschema() runs SQL'],
    ["select table_to_xml('x', true, true, '')", 'table_to_xml() runs SQL'],
    ["select * from ts_stat('select 1')", 'ts_stat() runs SQL'],
    ["select ts_rewrite(a, 'select b, c')", 'ts_rewrite() runs SQL'],
    ["select * from crosstab('select 1') as t (a int)", 'crosstab() runs SQL'],
    ["select * from public.crosstab3('select 1')", 'crosstab3() runs SQL'],
    ["select dblink_exec('x', 'y')", 'dblink_exec() runs SQL'],
    ['with a as (select connectby(b)) select 1', 'connectby() runs SQL'],
  ])('%s', (text, reason) => {
    expect(refusalOf(text)).toMatchObject({
      reason: expect.stringContaining(reason) as string,
      remedy: expect.stringMatching(/\.$/) as string,
      outlivesTransaction: false,
    });
  });
});

it.each([
  'select lastval, dblink, role, "user", lo_get from items',
  'select * from crosstab',
  'create table dblink (a int)',
  'insert into connectby (a) values (1)',
  'insert into lastval (a) values (1)',
  'select "$tenant".crosstab(1)',
  'create function "$tenant".lastval() returns int language sql return 1',
  'create function ts_stat() returns int language sql return 1',
  "select 'query_to_xml(1)', $$lastval()$$ -- lo_get(1)",
  'select ts_rewrite(a, b, c), ts_rewrite(a, f(b, c), array[d, e])',
  'create table role (id int)',
  'create index role on items (a)',
  'create type language as enum ()',
  'drop table schema',
  'alter table "user" add role int',
  'create view database as select 1',
  'grant select on items to x',
  'revoke all on all tables in schema "$tenant" from y',
  'alter default privileges in schema "$tenant" grant select on tables to x',
  'copy items from stdin',
  'copy items (a, b) to stdout with (format csv)',
  "copy (select a from b where c = 'x') to stdout",
  'create trigger event before insert on t execute function f()',
  'create server_names (a int)',
])('what is the tenant’s own is let pass: %s', (text) => {
  expect(refusalOf(text)).toBeUndefined();
});
