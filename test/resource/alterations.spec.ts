import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '@mt/runtime/embedded';
import { diffTenantSchema, type MigrationClass } from '@mt/runtime/typeorm';
import pg from 'pg';
import { planChanges } from '../../schematics/field/plan-changes';
import { formatFiles, newProjectFormat } from '../../schematics/rendering/format';
import { importPath } from '../../schematics/rendering/imports';
import { nameForms, resourceNames } from '../../schematics/rendering/names';
import { mergeFiles } from '../../schematics/rendering/render';
import { parseFields, renderAlteration, renderResource } from '../../schematics/rendering/resource';
import type { Orm } from '../../schematics/utility/project';
import { ROOT, writeProject } from './render-project';

interface Case {
  readonly what: string;
  readonly before: string;
  readonly options: Parameters<typeof planChanges>[1];
  /** Rows that are there, by column; they have to stay. */
  readonly rows?: string;
}

const CASES: readonly Case[] = [
  { what: 'adds an optional field', before: 'name', options: { add: 'notes:text?' } },
  {
    what: 'adds fields with everything',
    before: 'name',
    options: {
      add: `code:string(9)?:unique:index status:enum(draft|sent)=draft:index
        amount:decimal(9,2):min(0)=0 issuedAt:timestamptz=now tags:string[]? seal:bytes?`.replace(
        '=draft:index',
        ':index=draft',
      ),
    },
    rows: `(name) values ('a'), ('b')`,
  },
  {
    what: 'adds what is unique to rows that are there',
    before: 'name',
    options: { add: 'reference:uuid:unique=uuid' },
    rows: `(name) values ('a'), ('b')`,
  },
  {
    what: 'drops fields with everything',
    before: 'name code:string(9):unique:index status:enum(a|b)=a',
    options: { drop: 'code status' },
    rows: `(name, code) values ('a', 'b')`,
  },
  {
    what: 'renames with all that is made of the column',
    before: 'name dueOn:int:unique:index:min(1)=1',
    options: { rename: 'dueOn:payUntil' },
    rows: `(name, due_on) values ('a', 7)`,
  },
  {
    what: 'renames and changes at once',
    before: 'name kind:enum(a|b):index=a',
    options: { rename: 'kind:sort', change: 'sort:enum(a|b|c)?:unique=b' },
    rows: `(name, kind) values ('a', 'b')`,
  },
  {
    what: 'makes wider',
    before: 'name:string(9) pages:int amount:decimal(9,2)=0',
    options: { change: 'name:text pages:bigint=5 amount:decimal(12,4)=1' },
    rows: `(name, pages) values ('a', 7)`,
  },
  {
    what: 'makes other types',
    before: 'pages:int=1 flag:boolean=true name:string(9)? day:date? one:int[]?',
    options: { change: 'pages:string(9)=1 flag:text name:string(20)[]? day:timestamptz? one:int?' },
    rows: `(pages, flag, name, day, one) values (7, false, 'x', '2026-01-02', '{5,6}'), (8, true, null, null, null)`,
  },
  {
    what: 'makes required what has a default',
    before: 'name status:string(9)?',
    options: { change: 'status:string(9)=new' },
    rows: `(name) values ('a')`,
  },
  {
    what: 'adds, renames, changes and drops references',
    before: `name upper:ref(samples)? other:ref(samples)? last:ref(samples,'set null')?:unique`,
    options: {
      add: 'first:ref(samples,cascade)?',
      rename: 'upper:parent',
      change: 'other:ref(samples,cascade)?',
      drop: 'last',
    },
    rows: `(name, upper_id) values ('a', null), ('b', 1)`,
  },
  {
    what: 'adds what is kept',
    before: 'name',
    options: {
      add: 'createdAt:created updatedAt:updated deletedAt:deleted version:version',
    },
    rows: `(name) values ('a'), ('b')`,
  },
  {
    what: 'drops what is kept, and keeps what was not',
    before: 'name createdAt:created deletedAt:deleted version:version updatedAt:timestamptz=now',
    options: { drop: 'deletedAt version', change: 'createdAt:timestamptz updatedAt:updated' },
    rows: `(name) values ('a')`,
  },
  { what: 'makes optional', before: 'name status:int=1', options: { change: 'status:int?=1' } },
  {
    what: 'adds and drops what limits',
    before: 'a:int:unique b:int:index c:int:min(1) d e:text:min(2)',
    options: { change: 'a:int b:int c:int:max(9) d:string:unique:index e:text' },
    rows: `(a, b, c, d, e) values (1, 1, 1, 'a', 'bb')`,
  },
];

const names = resourceNames('samples');
const NOW = Date.UTC(2026, 0, 1);
const SCHEMA = 'tenant_1';
const directories: string[] = [];
let server: EmbeddedPostgres;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), 'alterations-'));
  directories.push(directory);
  server = await startEmbeddedPostgres({ directory, ephemeral: true });
});

afterAll(async () => {
  await server.stop();
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

type Files = ReadonlyMap<string, string>;

/** A project after each of these, with the migrations of all. */
async function projectOf(orm: Orm, given: Case): Promise<{ created: Files; altered: Files }> {
  const before = parseFields(given.before, 'before');
  const { fields, changes } = planChanges(before, given.options);
  const first = renderResource({
    names,
    fields: before,
    orm,
    migrations: { files: new Map(), now: NOW },
  });
  const created = await complete(
    first.code,
    first.migration,
    first.journal,
    first.registrations.exports,
  );
  const existing = { files: created, now: NOW + 1 };
  const second = renderAlteration(orm, names, changes, nameForms(['change', 'samples']), existing);
  const { code } = renderResource({ names, fields, orm, migrations: existing });
  const altered = await complete(
    mergeFiles(created, code, second.code),
    second.written,
    second.journal,
    second.exports,
  );
  return { created, altered };
}

async function complete(
  code: Files,
  written: Files,
  journal: Files,
  exports: readonly { barrel: string; file: string; symbol?: string }[],
): Promise<Files> {
  const formatted = await formatFiles(code, newProjectFormat('{ "singleQuote": true }'));
  const files = mergeFiles(formatted, written, journal);
  for (const { barrel, file, symbol } of exports) {
    const line = `export ${symbol === undefined ? '*' : `{ ${symbol} }`} from '${importPath(barrel, file)}';\n`;
    files.set(barrel, (files.get(barrel) ?? '') + line);
  }
  return files;
}

function write(files: Files): string {
  const directory = writeProject(files);
  directories.push(directory);
  return directory;
}

/** Runs in a schema of its own, which is gone afterwards. */
async function inSchema<Result>(run: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client(server.connectionString);
  await client.connect();
  try {
    await client.query(`create schema ${SCHEMA}`);
    return await run(client);
  } finally {
    await client.query(`drop schema ${SCHEMA} cascade`);
    await client.end();
  }
}

function forTenant(sql: string): string {
  return sql.replaceAll('"$tenant"', SCHEMA);
}

const CATALOG = `
  select 'column' as kind, attname as name, format_type(atttypid, atttypmod) || ' ' || attnotnull || ' ' ||
      coalesce(pg_get_expr(adbin, adrelid), '') as what
    from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
    where attrelid = '${SCHEMA}.samples'::regclass and attnum > 0 and not attisdropped
  union all
  select 'constraint', conname, pg_get_constraintdef(oid) from pg_constraint
    where conrelid = '${SCHEMA}.samples'::regclass and contype <> 'n'
  union all
  select 'index', indexname, indexdef from pg_indexes where schemaname = '${SCHEMA}'
  order by 1, 2`;

async function catalog(client: pg.Client): Promise<unknown[]> {
  return (await client.query(CATALOG)).rows;
}

async function count(client: pg.Client): Promise<number> {
  return (await client.query(`select from ${SCHEMA}.samples`)).rowCount ?? 0;
}

describe.each(CASES)('a migration that $what', (given) => {
  it('leaves drizzle-kit nothing to do, and makes the table that a new one would be', async () => {
    const { altered } = await projectOf('drizzle', given);
    const config = `export default { dialect: 'postgresql', schema: './src/database/schema.ts', out: './migrations' };\n`;
    const directory = write(new Map([...altered, ['drizzle.config.ts', config]]));
    const kit = join(ROOT, 'node_modules/drizzle-kit/bin.cjs');
    const { stdout } = await promisify(execFile)(process.execPath, [kit, 'generate'], {
      cwd: directory,
    });
    expect(stdout).toContain('No schema changes, nothing to migrate');

    const files = [...altered]
      .filter(([path]) => path.endsWith('.sql'))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const [first = '', second = ''] = files.map(([, text]) => forTenant(text));
    expect(files).toHaveLength(2);
    const after = await inSchema(async (client) => {
      await client.query(first);
      if (given.rows) await client.query(`insert into ${SCHEMA}.samples ${given.rows}`);
      const rows = await count(client);
      for (const statement of second.split('--> statement-breakpoint'))
        await client.query(statement);
      expect(await count(client)).toBe(rows);
      return catalog(client);
    });
    const fields = planChanges(parseFields(given.before, 'before'), given.options).fields;
    const fresh = renderResource({
      names,
      fields,
      orm: 'drizzle',
      migrations: { files: new Map(), now: NOW },
    });
    const [sql = ''] = fresh.migration.values();
    const made = await inSchema(async (client) => {
      await client.query(forTenant(sql));
      return catalog(client);
    });
    expect(after).toEqual(made);
  });

  it("leaves TypeORM's generator nothing to do, and can be taken back", async () => {
    const { altered } = await projectOf('typeorm', given);
    const directory = write(altered);
    const entities = (await import(join(directory, 'src/database/entities.ts'))) as object;
    const classes = (await import(join(directory, 'src/database/migrations/index.ts'))) as object;
    const migrations = Object.values(classes) as MigrationClass[];
    expect(
      await diffTenantSchema(server.connectionString, {
        entities: Object.values(entities) as MigrationClass[],
        migrations,
      }),
    ).toEqual({ up: [], down: [] });

    await inSchema(async (client) => {
      const runner = { query: (sql: string) => client.query(forTenant(sql)) } as never;
      // A module's exports are sorted by name: Change…, Create….
      const [alter, create] = migrations.map((Migration) => new Migration());
      await create?.up(runner);
      if (given.rows) await client.query(`insert into ${SCHEMA}.samples ${given.rows}`);
      const [before, rows] = [await catalog(client), await count(client)];
      await alter?.up(runner);
      expect(await count(client)).toBe(rows);
      expect(await catalog(client)).not.toEqual(before);
      // What was dropped is required again, and the rows have nothing for it.
      if (given.options.drop !== undefined) await client.query(`delete from ${SCHEMA}.samples`);
      await alter?.down(runner);
      expect(await catalog(client)).toEqual(before);
    });
  });
});
