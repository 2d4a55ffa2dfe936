import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Migrator, sqlMigrations, TenantRegistry, Tenants } from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';

const ROOT = join(__dirname, '../../..');
const tenancy = useTenancy({ max: 4 });

let directory: string;
let number = 0;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mt-files-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (file: string, text: string | Buffer) => writeFile(join(directory, file), text);

const journal = (...tags: string[]) =>
  mkdir(join(directory, 'meta')).then(() =>
    write(
      'meta/_journal.json',
      JSON.stringify({
        version: '7',
        dialect: 'postgresql',
        entries: tags.map((tag, idx) => ({ idx, tag })),
      }),
    ),
  );

/** A migrator over the files, and the life of tenants of its own. */
async function overFiles() {
  const registry = new TenantRegistry(tenancy.connections, {
    controlSchema: `control_${++number}`,
    schemaPrefix: `f${number}_`,
  });
  await registry.setup();
  const source = sqlMigrations(tenancy.connections, { directory });
  const migrator = new Migrator(tenancy.connections, registry, source);
  return { migrator, registry, tenants: new Tenants(registry, migrator) };
}

/** The names of the migrations in the order in which a new tenant has got them, and its tables. */
async function applied() {
  const { registry, tenants } = await overFiles();
  const { schema } = await tenants.create({ slug: 'acme' });
  const names = await tenancy.database.query<{ name: string }>(
    `select name from ${registry.tables.migrations} where name <> '$tenant' order by applied_at`,
  );
  const tables = await tenancy.database.query<{ name: string }>(
    'select relname as name from pg_class where relnamespace = $1::regnamespace order by 1',
    [schema],
  );
  return { names: names.map(({ name }) => name), tables: tables.map(({ name }) => name) };
}

const generate = (...args: string[]) =>
  promisify(execFile)(
    process.execPath,
    [
      join(ROOT, 'node_modules/drizzle-kit/bin.cjs'),
      'generate',
      '--dialect=postgresql',
      '--schema=./schema.mjs',
      '--out=.',
      ...args,
    ],
    { cwd: directory },
  );

const invalid = (message: RegExp) => ({
  code: 'CONFIGURATION_INVALID',
  message: expect.stringMatching(message) as string,
  remedy: expect.any(String) as string,
});

describe('a folder', () => {
  it('has the files whose names end in .sql, in whatever case; hidden ones are none', async () => {
    await write('0000_a.sql', 'create table "$tenant".a (id int)');
    await write('0001_b.SQL', 'create table "$tenant".b (id int)');
    await write('0002_c.Sql', 'create table "$tenant".c (id int)');
    await write('._0000_a.sql', Buffer.from([0, 5, 22, 7, 255]));
    await write('.#0001_b.sql', 'nonsense');
    await write('notes.txt', 'nonsense');
    await mkdir(join(directory, '0003_folder.sql'));
    await symlink(join(directory, 'notes.txt'), join(directory, 'readme.md'));
    expect(await applied()).toEqual({
      names: ['0000_a', '0001_b', '0002_c'],
      tables: ['a', 'b', 'c'],
    });
  });

  it('does not have two of one name', async () => {
    await write('0000_a.sql', 'select 1');
    await write('0000_a.SQL', 'select 2');
    await expect(applied()).rejects.toMatchObject(invalid(/the same name: 0000_a/));
  });

  it.each([undefined, '', 1])('is no %j', (value) => {
    expect(() =>
      sqlMigrations(tenancy.connections, { directory: value as unknown as string }),
    ).toThrow(expect.objectContaining(invalid(/directory/)) as Error);
  });
});

describe('a text', () => {
  it.each([
    ['a byte-order mark', '\uFEFFcreate table "$tenant".a (id int);'],
    ['a byte-order mark before a comment', '\uFEFF-- first\ncreate table "$tenant".a (id int);'],
    ['lines as Windows ends them', 'create table\r\n"$tenant".a\r\n(id int);\r\n'],
    ['no statement', '-- Custom SQL migration file, put your code below! --\n'],
    ['nothing', ''],
  ])('may have %s', async (_, text) => {
    await write('0000_a.sql', text);
    expect((await applied()).names).toEqual(['0000_a']);
  });

  it('is the same with a byte-order mark and without, and whatever ends its lines', async () => {
    const { migrator, tenants } = await overFiles();
    await write('0000_a.sql', '\uFEFFselect 1;\r\nselect 2;\r\n');
    await tenants.create({ slug: 'acme' });
    await write('0000_a.sql', 'select 1;\nselect 2;\n');
    await expect(migrator.migrate()).resolves.toMatchObject({ total: 0 });
  });

  it.each([
    ['UTF-16', Buffer.from('\uFEFFselect 1', 'utf16le')],
    ['Latin-1', Buffer.from(`insert into "$tenant".a values ('Zürich')`, 'latin1')],
  ])('is refused in %s, which would be other text in the database', async (_, bytes) => {
    await write('0000_a.sql', bytes);
    await expect(applied()).rejects.toMatchObject(invalid(/0000_a\.sql is not UTF-8/));
  });
});

describe('the creation of the tenant’s schema', () => {
  it.each([
    'CREATE SCHEMA "$tenant";',
    'create schema if not exists "$tenant";--> statement-breakpoint\n',
    '/* drizzle-kit */ create\n schema -- the marker\n "$tenant"',
  ])('is left out, since it is there: %j', async (text) => {
    await write('0000_a.sql', text);
    expect((await applied()).tables).toEqual([]);
  });

  it.each([
    'create schema "$tenant" create table a (id int)',
    'create schema "$tenant" create table "$tenant".a (id int) create view b as select 1',
    'create schema if not exists "$tenant" authorization postgres',
    'create schema "$tenant" authorization postgres create table a (id int)',
    'create schema authorization "$tenant"',
    'create schema other create table "$tenant".a (id int)',
  ])('is refused where it makes more, which would be dropped in silence: %j', async (text) => {
    await write('0000_a.sql', `select 1; ${text};`);
    const { migrator, registry, tenants } = await overFiles();
    const refused = invalid(/0000_a makes more with CREATE SCHEMA/);
    await expect(tenants.create({ slug: 'acme' })).rejects.toMatchObject(refused);
    await expect(migrator.status()).rejects.toMatchObject(refused);
    expect(await registry.find('acme')).toBeUndefined();
  });

  it('is made of statements of their own, as the error says', async () => {
    await write('0000_a.sql', 'create schema "$tenant"; create table "$tenant"."a" (id int);');
    expect((await applied()).tables).toEqual(['a']);
  });

  it.each(['drop schema "$tenant" cascade', 'alter schema "$tenant" rename to other'])(
    'is not undone by a migration: %j',
    async (text) => {
      await write('0000_a.sql', `select 1; ${text}`);
      await expect(applied()).rejects.toMatchObject({
        code: 'STATEMENT_UNSUPPORTED',
        message: expect.stringContaining('The migration 0000_a may not drop or alter') as string,
      });
    },
  );
});

describe('drizzle-kit’s journal', () => {
  it('is the order, whatever the files are called', async () => {
    await write('_b.sql', 'create table "$tenant".b (id int)');
    await write('_a.sql', 'alter table "$tenant".b add column a int');
    await write('10000_c.SQL', 'alter table "$tenant".b add column c int');
    await write('9999_d.sql', 'alter table "$tenant".b rename column a to d');
    await journal('_b', '_a', '9999_d', '10000_c');
    expect((await applied()).names).toEqual(['_b', '_a', '9999_d', '10000_c']);
  });

  it('has to have every file', async () => {
    await write('0000_a.sql', 'select 1');
    await write('0000_by_hand.sql', 'select 1');
    await journal('0000_a');
    await expect(applied()).rejects.toMatchObject(invalid(/journal does not have.* 0000_by_hand,/));
  });

  it('has to have files for all it has', async () => {
    await write('0000_a.sql', 'select 1');
    await journal('0000_a', '0001_b');
    await expect(applied()).rejects.toMatchObject(invalid(/files are missing: 0001_b/));
  });

  it.each(['{', '[]', '{"entries":[null]}', '<<<<<<< HEAD'])('is not %j', async (text) => {
    await mkdir(join(directory, 'meta'));
    await write('meta/_journal.json', text);
    await expect(applied()).rejects.toMatchObject(invalid(/is not the journal/));
  });

  it('is missed where nothing else tells the order', async () => {
    await write('_b.sql', 'create table "$tenant".b (id int)');
    await write('_a.sql', 'alter table "$tenant".b add column a int');
    await expect(applied()).rejects.toMatchObject(invalid(/order of the migrations _a, _b/));
  });

  it.each(['index', 'timestamp', 'supabase', 'unix', 'none'])(
    'is right with the prefix "%s", for migrations made within a second',
    async (prefix) => {
      await write('schema.mjs', '');
      for (const [name, text] of [
        ['zebra', 'create table "$tenant".a (id int)'],
        ['apple', 'alter table "$tenant".a add column b int'],
        ['mango', 'alter table "$tenant".a rename column b to c'],
      ] as const) {
        const before = await readdir(directory);
        await generate(`--prefix=${prefix}`, `--name=${name}`, '--custom');
        const file = (await readdir(directory)).find(
          (entry) => entry.endsWith('.sql') && !before.includes(entry),
        );
        await write(file ?? '', text);
      }
      const { names } = await applied();
      expect(names.map((name) => name.split('_').at(-1))).toEqual(['zebra', 'apple', 'mango']);
    },
  );
});
