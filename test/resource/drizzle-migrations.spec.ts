import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { EVERY_TYPE } from '../../schematics/rendering/resource/every-type';
import { DEFAULTS, RELATED, renderProject, ROOT, writeProject } from './render-project';

const DRIZZLE_KIT = join(ROOT, 'node_modules/drizzle-kit/bin.cjs');
const CONFIG = `export default { dialect: 'postgresql', schema: './src/database/schema.ts', out: './migrations' };\n`;
const directories: string[] = [];

function project(files: ReadonlyMap<string, string>): string {
  const directory = writeProject(new Map([...files, ['drizzle.config.ts', CONFIG]]));
  directories.push(directory);
  return directory;
}

async function generate(directory: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [DRIZZLE_KIT, 'generate', ...args],
    {
      cwd: directory,
    },
  );
  return stdout;
}

function migrationsOf(directory: string): Map<string, string> {
  const root = join(directory, 'migrations');
  return new Map(
    readdirSync(root, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
      .map((path) => [path.slice(root.length + 1), readFileSync(path, 'utf8')]),
  );
}

function withoutId(snapshot = ''): string {
  return snapshot.replace(/"id": "[^"]{36}"/, '');
}

function withoutTime(journal = ''): string {
  return journal.replace(/"when": \d+/, '');
}

afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true });
});

describe('drizzle-kit generate', () => {
  it('has nothing to add after three resources', async () => {
    const directory = project(await renderProject('drizzle', ['users', 'purchase-orders', 'news']));
    const before = migrationsOf(directory);

    expect(await generate(directory)).toContain('No schema changes, nothing to migrate');
    expect(migrationsOf(directory)).toEqual(before);
  });

  it('has nothing to add after resources that refer to each other', async () => {
    const directory = project(await renderProject('drizzle', RELATED));
    expect(await generate(directory)).toContain('No schema changes, nothing to migrate');
  });

  it('adds what is changed afterwards, and that alone', async () => {
    const directory = project(await renderProject('drizzle', ['users', 'invoices']));
    const table = join(directory, 'src/invoices/invoices.table.ts');
    writeFileSync(
      table,
      readFileSync(table, 'utf8').replace('  name:', '  note: varchar({ length: 9 }),\n  name:'),
    );

    await generate(directory, '--name=note');
    expect(migrationsOf(directory).get('0002_note.sql')).toBe(
      'ALTER TABLE "$tenant"."invoices" ADD COLUMN "note" varchar(9);',
    );
  });

  it.each([
    ['users', ''],
    ['samples', EVERY_TYPE],
    [DEFAULTS.name, DEFAULTS.fields],
  ])('would have written the same for %s, but for the ids', async (name, fields) => {
    const files = await renderProject('drizzle', [fields === '' ? name : { name, fields }]);
    const ours = project(files);
    const theirs = project(new Map([...files].filter(([path]) => !path.startsWith('migrations/'))));
    await generate(theirs, `--name=create_${name}`);

    const [mine, kits] = [migrationsOf(ours), migrationsOf(theirs)];
    expect([...mine.keys()]).toEqual([...kits.keys()]);
    expect(mine.get(`0000_create_${name}.sql`)?.trimEnd()).toBe(
      kits.get(`0000_create_${name}.sql`)?.trimEnd(),
    );
    expect(withoutId(mine.get('meta/0000_snapshot.json'))).toBe(
      withoutId(kits.get('meta/0000_snapshot.json')),
    );
    expect(withoutTime(mine.get('meta/_journal.json'))).toBe(
      withoutTime(kits.get('meta/_journal.json')),
    );
  });
});
