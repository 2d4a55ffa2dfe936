import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext } from '@angular-devkit/schematics';
import { normalizeOptions } from '../app/normalize-options';
import { renderApp } from '../app/render-app';
import { resource } from './index';
import type { ResourceOptions } from './schema';

const context: SchematicContext = Object.assign(Object.create(null), {
  logger: new logging.Logger('test'),
});

/** The result of the schematic on these files. */
async function filesAfter(
  files: Readonly<Record<string, string>>,
  options: ResourceOptions,
): Promise<Record<string, string>> {
  const tree = new HostTree(new virtualFs.test.TestHost({ ...files }));
  await resource(options)(tree, context);
  const after: Record<string, string> = {};
  tree.visit((path) => {
    after[path] = tree.readText(path);
  });
  return after;
}

async function newApp(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const [path, content] of await renderApp(normalizeOptions({ name: 'shop' }))) {
    if (typeof content === 'string') files[`/${path}`] = content;
  }
  return files;
}

const RECORD = '/.mt/resources/invoices.json';

describe('the record of a resource', () => {
  let files: Record<string, string>;
  beforeAll(async () => {
    files = await newApp();
  });

  it('says what it is called, made of, and where it is', async () => {
    const after = await filesAfter(files, { name: 'invoice', path: 'billing', spec: false });
    expect(JSON.parse(after[RECORD] ?? '')).toEqual({
      format: 2,
      version: '0.1.0',
      singular: 'invoice',
      plural: 'invoices',
      folder: 'src/billing/invoices',
      tests: false,
      registered: true,
      fields: ['name:string(255)'],
    });
    const users = JSON.parse(after['/.mt/resources/users.json'] ?? '') as { fields: unknown };
    expect(users).toMatchObject({ plural: 'users', folder: 'src/users', registered: true });
    expect(users.fields).toHaveLength(2);
  });

  it('stays as it was written: it is of what was generated then', async () => {
    const once = await filesAfter(files, { name: 'invoices' });
    once[RECORD] = (once[RECORD] ?? '').replace('0.1.0', '0.0.9');
    const twice = await filesAfter(once, { name: 'invoices' });
    expect(twice[RECORD]).toBe(once[RECORD]);
  });

  it.each([
    [3, /newer version of @mt\/schematics \(format 3; this one reads 2\): update/],
    [0.5, /no format that is known: restore/],
    ['one', /no format that is known: restore/],
  ])('of format %s is refused', async (format, message) => {
    const path = '/.mt/app.json';
    const text = JSON.stringify({ ...(JSON.parse(files[path] ?? '') as object), format });
    await expect(filesAfter({ ...files, [path]: text }, { name: 'invoices' })).rejects.toThrow(
      message,
    );
  });

  it('is read as it was written before there was a grammar of fields', async () => {
    const after = await filesAfter(files, {
      name: 'invoices',
      fields: 'name contact:email:unique',
    });
    const record = JSON.parse(after[RECORD] ?? '') as object;
    const before = JSON.stringify({
      ...record,
      format: 1,
      fields: [
        { name: 'name', type: 'varchar', length: 255, unique: false },
        { name: 'contact', type: 'varchar', length: 255, unique: true, format: 'email' },
      ],
    });
    const again = { ...after, [RECORD]: before };
    expect(await filesAfter(again, { name: 'invoices' })).toEqual(again);
    await expect(
      filesAfter({ ...after, [RECORD]: before.replace('varchar', 'int') }, { name: 'invoices' }),
    ).rejects.toThrow('is no record of a resource');
  });

  it('merges where two branches each add a resource', async () => {
    const { folder, git, commit } = repository(files);
    git('checkout', '-qb', 'invoices');
    commit(await filesAfter(files, { name: 'invoices' }), 'Invoices');
    git('checkout', '-q', 'main');
    git('checkout', '-qb', 'orders');
    commit(await filesAfter(files, { name: 'orders' }), 'Orders');
    let conflicts = '';
    try {
      git('merge', '-q', 'invoices');
    } catch {
      conflicts = git('diff', '--name-only', '--diff-filter=U');
    }
    expect(conflicts.split('\n').filter((path) => path.startsWith('.mt/'))).toEqual([]);
    expect(readdirSync(join(folder, '.mt/resources')).toSorted()).toEqual([
      'invoices.json',
      'orders.json',
      'users.json',
    ]);
    const text = readFileSync(join(folder, '.mt/resources/invoices.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ plural: 'invoices' });
    rmSync(folder, { recursive: true });
  });

  it('is no place for an edit of a file that somebody else has deleted or moved', async () => {
    const { ['/.mt/base/resources/users.txt']: base = '', ...others } = files;
    const { folder, git, commit } = repository(others);
    const service = 'src/users/users.service.ts';
    git('checkout', '-qb', 'edits');
    commit({ [service]: (others[`/${service}`] ?? '').replace('not found', 'lost') }, 'An edit');
    git('checkout', '-q', 'main');
    // As where the base is kept for the first time, and its file goes.
    rmSync(join(folder, service));
    commit({ '/.mt/base/resources/users.txt': base }, 'A deletion');
    let conflicts = '';
    try {
      git('merge', '-q', 'edits');
    } catch {
      conflicts = git('diff', '--name-only', '--diff-filter=U');
    }
    expect(conflicts.trim()).toBe(service);
    const text = readFileSync(join(folder, '.mt/base/resources/users.txt'), 'utf8');
    expect(text).toBe(base);
    rmSync(folder, { recursive: true });
  });
});

/** The files in a repository of git, with the means to commit more. */
function repository(files: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'mt-record-'));
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.com', ...args], {
      cwd: folder,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const commit = (written: Readonly<Record<string, string>>, message: string) => {
    for (const [path, text] of Object.entries(written)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    git('add', '-A', '-f');
    git('commit', '-qm', message);
  };
  git('init', '-q', '-b', 'main');
  commit(files, 'An application');
  return { folder, git, commit };
}
