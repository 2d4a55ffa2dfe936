import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type Rule, type SchematicContext } from '@angular-devkit/schematics';
import { format } from 'prettier';
import { normalizeOptions } from '../app/normalize-options';
import { renderApp } from '../app/render-app';
import { resource } from '../resource/index';
import { remove } from './index';

type Files = Record<string, string>;

async function run(files: Files, rule: Rule) {
  const tree = new HostTree(new virtualFs.test.TestHost(files));
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  await rule(tree, context);
  const after: Files = {};
  tree.visit((path) => (after[path.slice(1)] = tree.readText(path)));
  return { files: after, messages };
}

describe.each(['drizzle', 'typeorm'])('a resource that is removed (%s)', (orm) => {
  const DTO = 'src/invoices/dto/create-invoice.dto.ts';
  let app: Files;
  let files: Files;

  beforeAll(async () => {
    app = {};
    for (const [path, content] of await renderApp(normalizeOptions({ name: 'shop', orm }))) {
      if (typeof content === 'string') app[path] = content;
    }
    const fields = 'number:string(32):unique status:enum(a|b)=a customer:ref(users)?';
    ({ files } = await run(app, resource({ name: 'invoices', fields })));
  });

  const removed = (from: Files) => run(from, remove({ name: 'invoices', yes: true }));
  const isMigration = (path: string): boolean => /migrations\//.test(path);
  const migrationsOf = (from: Files): string[] =>
    Object.keys(from)
      .filter((path) => /\.sql$|migrations\/\d+-.*\.ts$/.test(path))
      .toSorted();
  const without = (from: Files, isLeftOut: (path: string) => boolean): Files =>
    Object.fromEntries(Object.entries(from).filter(([path]) => !isLeftOut(path)));

  it('leaves the application as it was before, and a migration', async () => {
    const { files: after, messages } = await removed(files);
    expect(without(after, isMigration)).toEqual(without(app, isMigration));
    const [migration = '', ...more] = migrationsOf(after).filter((path) => !(path in files));
    expect(more).toEqual([]);
    expect(migration).toMatch(/drop[_-]invoices/);
    expect(after[migration]).toContain('DROP TABLE "$tenant"."invoices"');
    expect(messages.at(-1)).toContain('npm run migrate');
  });

  it('can be generated again, with a table of its own', async () => {
    const { files: after } = await removed(files);
    const again = await run(after, resource({ name: 'invoices', fields: 'name' }));
    const [migration = '', ...more] = migrationsOf(again.files).filter((path) => !(path in after));
    expect(more).toEqual([]);
    expect(again.files[migration]).toContain('CREATE TABLE "$tenant"."invoices"');
    const gone = await removed(again.files);
    expect(without(gone.files, isMigration)).toEqual(without(app, isMigration));
  });

  it('keeps what was edited, and says so', async () => {
    const edited = { ...files, [DTO]: `${files[DTO] ?? ''}\nexport const OURS = 1;\n` };
    const { files: after, messages } = await removed(edited);
    expect(Object.keys(after).filter((path) => path.startsWith('src/invoices/'))).toEqual([DTO]);
    expect(messages).toContain(`${DTO} has your changes, and was left: delete it, or keep it.`);
  });

  it('is found where it was moved and laid out otherwise', async () => {
    const module = files['src/invoices/invoices.module.ts'] ?? '';
    const moved = {
      ...without(files, (path) => path === 'src/invoices/invoices.module.ts'),
      'src/billing/invoices.module.ts': module
        .replaceAll("'./", "'../invoices/")
        .replaceAll('\n', '\r\n'),
      'src/app.module.ts': (files['src/app.module.ts'] ?? '').replace(
        './invoices/invoices.module.js',
        './billing/invoices.module.js',
      ),
    };
    const { files: after, messages } = await removed(moved);
    expect(after['src/billing/invoices.module.ts']).toBeUndefined();
    expect(after['src/app.module.ts']).toBe(app['src/app.module.ts']);
    expect(messages).toContain('src/app.module.ts imports InvoicesModule no more.');
  });

  it('is deleted when the team lays its code out otherwise', async () => {
    const settings = {
      '.prettierrc': '{ "useTabs": true, "singleQuote": false, "printWidth": 120 }',
    };
    const config = { useTabs: true, singleQuote: false, printWidth: 120 };
    const laidOut = await Promise.all(
      Object.entries(files).map(async ([path, text]) => [
        path,
        /invoice.*\.ts$/.test(path) && !isMigration(path)
          ? await format(text, { ...config, filepath: path })
          : text,
      ]),
    );
    const { files: after } = await removed({
      ...(Object.fromEntries(laidOut) as Files),
      ...settings,
    });
    expect(Object.keys(after).filter((path) => /invoice/.test(path) && !isMigration(path))).toEqual(
      [],
    );
  });

  it('says what still imports it by another path', async () => {
    const aliased = {
      ...files,
      'src/app.module.ts': (files['src/app.module.ts'] ?? '').replace('./invoices/', '@/invoices/'),
    };
    const { messages } = await removed(aliased);
    expect(messages).toContain('src/app.module.ts still has InvoicesModule: take it out by hand.');
  });

  it('stays where others refer to it', async () => {
    const lines = await run(
      files,
      resource({ name: 'lines', fields: 'name invoice:ref(invoices)' }),
    );
    await expect(removed(lines.files)).rejects.toThrow(
      'lines.invoiceId refers to invoices, so nothing was written: drop that first, for example with "nest g @mt/schematics:field lines --drop=invoiceId".',
    );
  });

  it('is refused without --yes, and where there is none', async () => {
    await expect(run(files, remove({ name: 'invoices' }))).rejects.toThrow(
      'invoices: the table is dropped, with all rows of every tenant',
    );
    await expect(run(files, remove({ name: 'invoice-lines', yes: true }))).rejects.toThrow(
      'There is no resource invoice-lines',
    );
  });
});
