import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext, type Tree } from '@angular-devkit/schematics';
import { baseText, readBaseText } from '../tree/base/base-text';
import { resource } from './index';
import type { ResourceOptions } from './schema';

const SERVICE = 'src/invoices/invoices.service.ts';
const CONTROLLER = 'src/invoices/invoices.controller.ts';
const RECORD = '.mt/resources/invoices.json';
const BASE = '.mt/base/resources/invoices.txt';

/** What the generator is taken not to have written yet when the application was made. */
const NEW = /\n {2}async remove\(id: number\): Promise<void> \{\n[^]*?\n {2}\}\n/;

async function run(
  files: ReadonlyMap<string, string>,
  options: ResourceOptions = {},
): Promise<{ files: Map<string, string>; messages: string[]; written: string[] }> {
  const tree = new HostTree(new virtualFs.test.TestHost(Object.fromEntries(files)));
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  try {
    await resource({ name: 'invoices', ...options })(tree, context);
  } catch (error) {
    // Whatever is thrown, nothing may be written.
    expect(tree.actions).toEqual([]);
    throw error;
  }
  return { files: filesOf(tree), messages, written: tree.actions.map(({ path }) => path) };
}

function filesOf(tree: Tree): Map<string, string> {
  const files = new Map<string, string>();
  tree.visit((path) => files.set(path.slice(1), tree.read(path)?.toString() ?? ''));
  return files;
}

/** An application whose resource was made by an earlier version. */
async function older(): Promise<Map<string, string>> {
  const { files } = await run(
    new Map([
      ['.mt/app.json', JSON.stringify({ orm: 'drizzle', packageManager: 'npm' })],
      ['.prettierrc', '{ "singleQuote": true }'],
      ['package.json', '{}'],
      ['src/app.module.ts', '@Module({ imports: [] })\nexport class AppModule {}\n'],
      ['src/database/schema.ts', ''],
    ]),
  );
  const base = readBaseText(textOf(files, BASE));
  const service = textOf(base, SERVICE);
  expect(service).toMatch(NEW);
  const before = service.replace(NEW, '');
  base.set(SERVICE, before);
  const record = textOf(files, RECORD).replace('0.1.0', '0.0.9');
  return new Map([...files, [BASE, baseText(base)], [SERVICE, before], [RECORD, record]]);
}

function textOf(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Error(`There is no ${path}`);
  return text;
}

function edit(
  files: ReadonlyMap<string, string>,
  path: string,
  from: string | RegExp,
  to: string,
): Map<string, string> {
  const text = textOf(files, path);
  const edited = text.replace(from, to);
  expect(edited).not.toBe(text);
  return new Map([...files, [path, edited]]);
}

describe('a resource that is generated again', () => {
  it('has what the generator has learnt, and what was edited', async () => {
    const yours = edit(
      await older(),
      SERVICE,
      'async create(',
      '/** Ours. */\n  async archive() {\n    return 1;\n  }\n\n  async create(',
    );
    const { files, messages, written } = await run(yours);
    expect(textOf(files, SERVICE)).toMatch('async archive() {');
    expect(textOf(files, SERVICE)).toMatch(NEW);
    expect(messages).toEqual([`${SERVICE} has your changes and what is generated now.`]);
    expect(written.toSorted()).toEqual([`/${BASE}`, `/${RECORD}`, `/${SERVICE}`]);
    expect(JSON.parse(textOf(files, RECORD))).toMatchObject({ version: '0.1.0' });

    const again = await run(files);
    expect(again.written).toEqual([]);
  });

  it('replaces what nobody has edited', async () => {
    const { files, messages } = await run(await older());
    expect(textOf(files, SERVICE)).toMatch(NEW);
    expect(messages).toEqual([]);
  });

  it('leaves deleted what was deleted', async () => {
    const yours = await older();
    yours.delete(SERVICE);
    yours.delete(CONTROLLER);
    const { files, messages } = await run(yours);
    expect(files.has(SERVICE)).toBe(false);
    expect(files.has(CONTROLLER)).toBe(false);
    // Of the other one nothing new is generated.
    expect(messages).toEqual([`${SERVICE} was deleted by you, and stays so.`]);
  });

  it('follows what was moved, with what it imports', async () => {
    const yours = await older();
    const service = textOf(yours, SERVICE);
    yours.delete(SERVICE);
    yours.set(
      'src/billing/core/invoices.service.ts',
      service
        .replaceAll("'../common/", "'../../common/")
        .replace("'../database/", "'../../database/")
        .replaceAll("'./", "'../../invoices/")
        .replace('async create(', '// Ours.\n  async create('),
    );
    const controller = textOf(yours, CONTROLLER).replace(
      './invoices.service.js',
      '../billing/core/invoices.service.js',
    );
    yours.set(CONTROLLER, controller);
    const { files, messages } = await run(yours);
    const after = textOf(files, 'src/billing/core/invoices.service.ts');
    expect(after).toMatch(NEW);
    expect(after).toMatch('// Ours.');
    expect(after).toMatch("'../../common/listing/page.js'");
    expect(files.has(SERVICE)).toBe(false);
    expect(textOf(files, CONTROLLER)).toBe(controller);
    expect(messages).toEqual([
      'src/billing/core/invoices.service.ts has your changes and what is generated now.',
    ]);
    expect((await run(files)).written).toEqual([]);
  });

  it('follows a folder that was moved, and puts what is new there', async () => {
    const yours = await older();
    const base = readBaseText(textOf(yours, BASE));
    base.delete('src/invoices/dto/update-invoice.dto.ts');
    yours.delete('src/invoices/dto/update-invoice.dto.ts');
    yours.set(BASE, baseText(base));
    for (const file of ['create-invoice.dto.ts', 'invoices-query.dto.ts']) {
      yours.set(`src/invoices/inputs/${file}`, textOf(yours, `src/invoices/dto/${file}`));
      yours.delete(`src/invoices/dto/${file}`);
    }
    const { files } = await run(yours);
    expect(files.has('src/invoices/inputs/update-invoice.dto.ts')).toBe(true);
    expect(files.has('src/invoices/dto/update-invoice.dto.ts')).toBe(false);
    expect(files.has('src/invoices/dto/create-invoice.dto.ts')).toBe(false);
    // It imports what it stands beside now.
    expect(textOf(files, 'src/invoices/inputs/update-invoice.dto.ts')).toMatch(
      "'./create-invoice.dto.js'",
    );
  });

  it('writes nothing where both sides have changed the same, and says where', async () => {
    const remove = '  async remove(id: number) {\n    return this.archive(id);\n  }\n';
    const yours = edit(await older(), SERVICE, /\}\n$/, `\n${remove}}\n`);
    await expect(run(yours)).rejects.toThrow(
      /^One conflict, so nothing was written\.\n\n {2}src\/invoices\/invoices\.service\.ts:\d+ {2}both sides changed/,
    );
  });

  it('writes both sides where it is asked to, and waits until that is resolved', async () => {
    const remove = '  async remove(id: number) {\n    return this.archive(id);\n  }\n';
    const yours = edit(await older(), SERVICE, /\}\n$/, `\n${remove}}\n`);
    const { files, messages } = await run(yours, { conflicts: 'markers' });
    expect(textOf(files, SERVICE)).toMatch(
      /^<<<<<<< yours$[^]*^=======$[^]*^>>>>>>> generated now$/m,
    );
    expect(messages).toEqual([
      `${SERVICE} has conflicts, marked as git marks them: resolve them.`,
      '\nNext:\n  git diff --check  # finds what is left to be resolved',
    ]);
    const resolved = edit(
      files,
      SERVICE,
      /<<<<<<< yours\n([^]*?)\|\|\|\|\|\|\|[^]*?>>>>>>> generated now\n/,
      '$1',
    );
    const again = await run(resolved);
    expect(again.written).toEqual([]);
  });

  it('refuses a base that was damaged', async () => {
    const yours = edit(await older(), BASE, '\n', '\n<<<<<<< HEAD\n');
    await expect(run(yours)).rejects.toThrow(
      '.mt/base/resources/invoices.txt is damaged (line 2 is not as it was written), and says what was generated: restore it from version control.',
    );
  });

  it('refuses a way to deal with conflicts that there is not', async () => {
    await expect(run(await older(), { conflicts: 'ours' })).rejects.toThrow(/conflicts/);
  });
});
