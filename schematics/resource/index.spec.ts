import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext, type Tree } from '@angular-devkit/schematics';
import type { Orm } from '../utility/project';
import { resource } from './index';
import type { ResourceOptions } from './schema';

const appModule = `import { Module } from '@nestjs/common';
import { DatabaseModule } from './database/database.module.js';
import { TenancyModule } from './tenancy/tenancy.module.js';

@Module({
  imports: [
    // Connections first.
    DatabaseModule,
    TenancyModule,
  ],
})
export class AppModule {}
`;

/** What the schematic reads of a generated application. */
function app(orm: Orm, files: Record<string, string> = {}): HostTree {
  const barrels: Record<string, string> =
    orm === 'drizzle'
      ? { '/src/database/schema.ts': '' }
      : { '/src/database/entities.ts': '', '/src/database/migrations/index.ts': '' };
  return treeOf({
    '/.mt/app.json': JSON.stringify({ orm, packageManager: 'pnpm' }),
    '/.prettierrc': '{ "singleQuote": true }',
    '/package.json': '{}',
    '/src/app.module.ts': appModule,
    ...barrels,
    ...files,
  });
}

function treeOf(files: Record<string, string>): HostTree {
  return new HostTree(new virtualFs.test.TestHost(files));
}

function filesOf(tree: Tree): string[] {
  const paths: string[] = [];
  tree.visit((path) => paths.push(path));
  return paths;
}

async function run(
  tree: HostTree,
  options: ResourceOptions & Record<string, unknown>,
): Promise<{ tree: HostTree; messages: string[] }> {
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  // The devkit's own runner does not load under Jest, and the schematic asks its context for nothing else.
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  await resource(options)(tree, context);
  return { tree, messages };
}

/** What a second run starts from: the result of the first, with no pending changes. */
function saved(tree: Tree): HostTree {
  return treeOf(Object.fromEntries(filesOf(tree).map((path) => [path, tree.readText(path)])));
}

describe.each(['drizzle', 'typeorm'] as const)('resource (%s)', (orm) => {
  it('writes the resource and registers it', async () => {
    const { tree, messages } = await run(app(orm), { name: 'invoices' });

    expect(filesOf(tree)).toEqual(
      expect.arrayContaining([
        '/src/invoices/invoices.module.ts',
        '/src/invoices/invoices.controller.ts',
        '/src/invoices/invoices.service.ts',
        '/src/invoices/invoices.service.integration.spec.ts',
        '/src/invoices/dto/create-invoice.dto.ts',
        '/src/invoices/dto/update-invoice.dto.ts',
        '/test/invoices.e2e-spec.ts',
        orm === 'drizzle' ? '/src/invoices/invoices.table.ts' : '/src/invoices/invoice.entity.ts',
      ]),
    );
    expect(tree.readText('/src/app.module.ts')).toBe(
      appModule
        .replace(
          `import { TenancyModule }`,
          `import { InvoicesModule } from './invoices/invoices.module.js';\nimport { TenancyModule }`,
        )
        .replace('    TenancyModule,\n', '    TenancyModule,\n    InvoicesModule,\n'),
    );
    expect(messages.slice(0, 2)).toEqual([
      'src/app.module.ts imports InvoicesModule.',
      orm === 'drizzle'
        ? 'src/database/schema.ts exports ../invoices/invoices.table.js.'
        : 'src/database/entities.ts exports ../invoices/invoice.entity.js.',
    ]);
    expect(messages.at(-1)).toBe(
      '\nNext:\n  pnpm run migrate  # creates the table for every tenant',
    );
  });

  it('changes nothing the second time, under either form of the name', async () => {
    const { tree } = await run(app(orm), { name: 'invoices' });
    const second = saved(tree);

    for (const name of ['invoices', 'Invoice']) {
      const { messages } = await run(second, { name });
      expect(second.actions).toEqual([]);
      expect(messages).toEqual([]);
    }
  });

  it('leaves alone what was edited by hand', async () => {
    const { tree } = await run(app(orm), { name: 'invoices' });
    const edited = saved(tree);
    edited.overwrite('/src/invoices/invoices.service.ts', '// mine\n');
    edited.overwrite('/src/common/parse-id.pipe.ts', '// ours\n');
    const second = saved(edited);

    const { messages } = await run(second, { name: 'invoices' });
    expect(second.actions).toEqual([]);
    expect(messages).toEqual([]);
  });

  it('leaves alone what is there of which it is not known what was generated, and says so', async () => {
    const { tree } = await run(app(orm), { name: 'invoices' });
    const edited = saved(tree);
    edited.overwrite('/src/invoices/invoices.service.ts', '// mine\n');
    edited.delete('/.mt/base/resources/invoices.txt');
    const second = saved(edited);

    const { messages } = await run(second, { name: 'invoices' });
    expect(second.actions.map(({ path }) => path)).toEqual(['/.mt/base/resources/invoices.txt']);
    expect(messages).toEqual([
      'src/invoices/invoices.service.ts is not as it would be generated, and was left alone.',
    ]);
    // It is not taken for what was generated.
    expect(second.readText('/.mt/base/resources/invoices.txt')).not.toMatch('invoices.service.ts');
  });

  it('has the fields that are asked for', async () => {
    const { tree } = await run(app(orm), {
      name: 'invoices',
      fields: 'number:string(32):unique status:enum(draft|sent)=draft dueOn:date?',
    });
    const dto = tree.readText('/src/invoices/dto/create-invoice.dto.ts');
    expect(dto).toContain('number!: string;');
    expect(dto).toContain('status?: InvoiceStatus;');
    expect(dto).toContain('dueOn?: string | null;');
    expect(tree.readText('/src/invoices/invoice-status.ts')).toContain("['draft', 'sent']");
    expect(tree.exists('/src/common/validators/is-calendar-date.ts')).toBe(true);
    // Of types that no field has.
    expect(tree.exists('/src/common/validators/is-int64.ts')).toBe(false);
    const again = saved(tree);
    await run(again, { name: 'invoices' });
    expect(again.actions).toEqual([]);
  });

  it('refuses other fields than a resource has', async () => {
    const { tree } = await run(app(orm), { name: 'invoices', fields: 'number:int' });
    await expect(run(saved(tree), { name: 'invoices', fields: 'number:bigint' })).rejects.toThrow(
      'The resource invoices is there already, with the fields "number:int"',
    );
    await run(saved(tree), { name: 'invoices', fields: ' number:int ' });
  });

  it.each(['', ' ', 1, ['number:int']])('refuses %j as fields', async (fields) => {
    await expect(run(app(orm), { name: 'invoices', fields: fields as string })).rejects.toThrow(
      'The fields are missing',
    );
  });

  it('continues the migrations that are there', async () => {
    const { tree: one } = await run(app(orm), { name: 'invoices' });
    const { tree: two } = await run(saved(one), { name: 'payments' });

    if (orm === 'drizzle') {
      const journal = JSON.parse(two.readText('/migrations/meta/_journal.json'));
      expect(journal.entries.map((entry: { tag: string }) => entry.tag)).toEqual([
        '0000_create_invoices',
        '0001_create_payments',
      ]);
      expect(journal.entries[1].when).toBeGreaterThan(journal.entries[0].when);
      const first = JSON.parse(two.readText('/migrations/meta/0000_snapshot.json'));
      const second = JSON.parse(two.readText('/migrations/meta/0001_snapshot.json'));
      expect(second.prevId).toBe(first.id);
      expect(Object.keys(second.tables)).toEqual(['$tenant.invoices', '$tenant.payments']);
      expect(two.readText('/migrations/0000_create_invoices.sql')).not.toContain('CREATE SCHEMA');
    } else {
      const lines = two.readText('/src/database/migrations/index.ts').trim().split('\n');
      expect(lines).toHaveLength(2);
      expect(lines[0]).toMatch(
        /^export \{ CreateInvoices(\d{13}) \} from '.\/\1-create-invoices.js';$/,
      );
      expect(lines[1]).toMatch(
        /^export \{ CreatePayments(\d{13}) \} from '.\/\1-create-payments.js';$/,
      );
    }
  });

  it('writes no migration for a table that somebody else declared', async () => {
    const path =
      orm === 'drizzle' ? 'src/invoices/invoices.table.ts' : 'src/invoices/invoice.entity.ts';
    const { tree, messages } = await run(app(orm, { [`/${path}`]: '// mine\n' }), {
      name: 'invoices',
    });

    expect(tree.readText(path)).toBe('// mine\n');
    expect(filesOf(tree).filter((file) => /\.sql$|create-invoices/.test(file))).toEqual([]);
    expect(messages).toContain(`${path} was there before, so no migration was written.`);
    expect(messages.at(-1)).toBe(
      '\nNext:\n  pnpm run migration:generate  # writes the migration\n  pnpm run migrate  # creates the table for every tenant',
    );
  });

  it.each([
    ['names by its defaults', '= {};', 1],
    ['names by a strategy', '= { namingStrategy: new SnakeNamingStrategy() };', 0],
    ['names with a prefix', "= {\n  entityPrefix: 'app_',\n};", 0],
  ])('writes TypeORM’s migration where it %s', async (_, value, migrations) => {
    const options = `export const typeormOptions: TenantDataSourceOptions ${value}\n`;
    const { tree, messages } = await run(
      app(orm, { '/src/database/typeorm-options.ts': options }),
      { name: 'invoices' },
    );
    const written = filesOf(tree).filter((file) => /\.sql$|\d-create-invoices/.test(file));
    // Drizzle has no such options.
    expect(written).toHaveLength(orm === 'drizzle' ? 1 : migrations);
    expect(messages.some((message) => message.includes('decides names, so no migration'))).toBe(
      orm === 'typeorm' && migrations === 0,
    );
  });

  it('says exactly what to add where an edit is not safe', async () => {
    const shorthand = `import { Module } from '@nestjs/common';\nconst imports = [];\n@Module({ imports })\nexport class AppModule {}\n`;
    const { tree, messages } = await run(app(orm, { '/src/app.module.ts': shorthand }), {
      name: 'invoices',
    });

    expect(tree.readText('/src/app.module.ts')).toBe(shorthand);
    expect(messages).toContain(
      `src/app.module.ts was not edited, because the imports of @Module are not an array literal. Add by hand: "import { InvoicesModule } from './invoices/invoices.module.js';" and InvoicesModule to the imports of @Module.`,
    );
  });

  it('tolerates the flags of the stock CLI', async () => {
    const stock = {
      skipImport: false,
      language: 'ts',
      sourceRoot: 'src',
      spec: true,
      flat: false,
      specFileSuffix: 'spec',
      format: false,
    };
    await expect(run(app(orm), { name: 'invoices', ...stock })).resolves.toBeDefined();
  });

  it.each([
    [{}, /name is missing/],
    [{ name: 'billing/invoices' }, /Use "billing-invoices"/],
    [{ name: 'objects' }, /would hide/],
    [{ name: 'invoices', pluraal: 'x' }, /Did you mean --plural\?/],
  ])('refuses %j in one line, and writes nothing', async (options, message) => {
    const tree = app(orm);
    const attempt = run(tree, options);
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(/^[^\n]*$/);
    expect(tree.actions).toEqual([]);
  });
});

describe('resource', () => {
  it('refuses to run outside a generated application', async () => {
    await expect(run(treeOf({}), { name: 'invoices' })).rejects.toThrow(
      /^Found no project here, expected the root of a multi-tenant application/,
    );
  });

  it.each([
    ['_journal.json', '<<<<<<< HEAD', /not valid JSON/],
    ['_journal.json', '{"version":"5","entries":[]}', /run "npx drizzle-kit up" first/],
    [
      '_journal.json',
      '{"version":"7","dialect":"postgresql","entries":[{"idx":3,"when":1,"tag":"0003_x"}]}',
      /0003_snapshot.json is missing/,
    ],
  ])('refuses a %s that it cannot continue', async (name, text, message) => {
    const tree = app('drizzle', { [`/migrations/meta/${name}`]: text });
    await expect(run(tree, { name: 'invoices' })).rejects.toThrow(message);
  });

  const sqlOf = (tree: Tree) => filesOf(tree).filter((path) => path.endsWith('.sql'));
  const config = (text: string, head = "import { defineConfig } from 'drizzle-kit';") => ({
    '/drizzle.config.ts': `${head}\n${text}\n`,
  });

  it.each([
    ['defineConfig', "export default defineConfig({ out: './drizzle' });"],
    ['a constant', "const config = { out: 'drizzle' };\nexport default config;"],
    ['satisfies', "export default { out: './drizzle' } satisfies Config;"],
    [
      'a spread',
      "const base = { out: './x' };\nexport default defineConfig({ ...base, out: './drizzle' });",
    ],
    [
      'spread values',
      "const base = { out: './drizzle' };\nexport default defineConfig({ ...base });",
    ],
    ['shorthand', "const out = './drizzle';\nexport default defineConfig({ out });"],
    ['a template', "const name = 'drizzle';\nexport default defineConfig({ out: `./${name}` });"],
    ['path.join', "export default defineConfig({ out: path.join(__dirname, 'drizzle') });"],
    ['resolve', "export default defineConfig({ out: resolve(process.cwd(), './drizzle') });"],
    ['import.meta', "export default defineConfig({ out: join(import.meta.dirname, 'drizzle') });"],
    [
      'a URL',
      "export default defineConfig({ out: fileURLToPath(new URL('./drizzle', import.meta.url)) });",
    ],
    ['the default of drizzle-kit', "export default defineConfig({ dialect: 'postgresql' });"],
    ['module.exports', "module.exports = { 'out': './drizzle/' };"],
  ])('puts a Drizzle migration where %s says', async (_, text) => {
    const { tree } = await run(app('drizzle', config(text)), { name: 'invoices' });
    expect(sqlOf(tree)).toEqual(['/drizzle/0000_create_invoices.sql']);
    expect(tree.exists('/drizzle/meta/_journal.json')).toBe(true);
    expect(tree.exists('/migrations/meta/_journal.json')).toBe(false);
  });

  const applies = (directory: string) => ({
    '/src/database/tenant-migrations.ts': `const directory = ${directory};\nexport const m = (c) => sqlMigrations(c, { directory });\n`,
  });

  it.each([
    ["join(import.meta.dirname, '../../migrations')", 'migrations'],
    ["new Set(['x']).values()", 'drizzle'],
    ["fileURLToPath(new URL('../../drizzle', import.meta.url))", 'drizzle'],
    ["resolve(__dirname, '../..', 'drizzle')", 'drizzle'],
    ["'./drizzle'", 'drizzle'],
  ])('writes where the application applies %s', async (directory, out) => {
    const tree = app('drizzle', {
      ...config(`export default defineConfig({ out: './${out}' });`),
      ...applies(directory),
    });
    expect(sqlOf((await run(tree, { name: 'invoices' })).tree)).toEqual([
      `/${out}/0000_create_invoices.sql`,
    ]);
  });

  it.each([
    ["join(import.meta.dirname, '../../migrations')", 'migrations'],
    ["join(__dirname, '../drizzle')", 'src/drizzle'],
  ])('refuses to write where nobody applies it: %s', async (directory, place) => {
    const tree = app('drizzle', {
      ...config("export default defineConfig({ out: './drizzle' });"),
      ...applies(directory),
    });
    await expect(run(tree, { name: 'invoices' })).rejects.toThrow(
      `drizzle.config.ts has drizzle-kit write to "drizzle", and src/database/tenant-migrations.ts applies "${place}"`,
    );
    expect(tree.actions).toEqual([]);
    const said = await run(tree, { name: 'invoices', migrations: './mine' });
    expect(sqlOf(said.tree)).toEqual(['/mine/0000_create_invoices.sql']);
  });

  it.each([
    ['the environment', 'export default defineConfig({ out: process.env.OUT });'],
    ['an import', "import { out } from './x';\nexport default defineConfig({ out });"],
    ['a condition', "export default defineConfig({ out: on ? 'a' : 'b' });"],
    ['a function', 'export default make();'],
    ['an unknown spread', "export default defineConfig({ out: './a', ...base() });"],
    ['a change', "const config = { out: 'a' };\nconfig.out = 'b';\nexport default config;"],
  ])('asks where migrations are where %s decides', async (_, text) => {
    const tree = app('drizzle', config(text));
    await expect(run(tree, { name: 'invoices' })).rejects.toThrow(
      /^The out of drizzle.config.ts cannot be told .*--migrations=.*$/,
    );
    expect(tree.actions).toEqual([]);
    const said = await run(tree, { name: 'invoices', migrations: './mine', prefix: 'index' });
    expect(sqlOf(said.tree)).toEqual(['/mine/0000_create_invoices.sql']);
  });

  it.each([
    ['index', /^\/migrations\/0000_create_invoices\.sql$/],
    ['timestamp', /^\/migrations\/\d{14}_create_invoices\.sql$/],
    ['supabase', /^\/migrations\/\d{14}_create_invoices\.sql$/],
    ['unix', /^\/migrations\/\d{10}_create_invoices\.sql$/],
    ['none', /^\/migrations\/_create_invoices\.sql$/],
  ])('names migrations by the prefix %s, and continues them', async (prefix, name) => {
    const text = `export default defineConfig({ out: './migrations', migrations: { prefix: '${prefix}' } });`;
    const { tree: one } = await run(app('drizzle', config(text)), { name: 'invoices' });
    expect(sqlOf(one)[0]).toMatch(name);
    const { tree: two } = await run(saved(one), { name: 'payments' });
    const journal = JSON.parse(two.readText('/migrations/meta/_journal.json'));
    const snapshots = journal.entries.map(({ tag }: { tag: string }) =>
      JSON.parse(two.readText(`/migrations/meta/${tag.split('_')[0]}_snapshot.json`)),
    );
    expect(Object.keys(snapshots[1].tables)).toEqual(['$tenant.invoices', '$tenant.payments']);
    if (prefix !== 'none') expect(snapshots[1].prevId).toBe(snapshots[0].id);
  });

  it('puts a TypeORM migration into the barrel that is applied', async () => {
    const source = (path: string) =>
      `import * as classes from '${path}';\nexport const m = () => typeormMigrations(c, Object.values(classes));\n`;
    const { tree } = await run(
      app('typeorm', {
        '/src/database/tenant-migrations.ts': source('../db/changes/all.js'),
        '/src/db/changes/all.ts': '',
      }),
      { name: 'invoices' },
    );
    expect(tree.readText('/src/db/changes/all.ts')).toMatch(
      /^export \{ CreateInvoices\d+ \} from '.\/\d+-create-invoices.js';/,
    );
    expect(filesOf(tree).filter((path) => /\d-create-invoices/.test(path))).toEqual([
      expect.stringMatching(/^\/src\/db\/changes\/\d+-create-invoices.ts$/),
    ]);

    const moved = app('typeorm', { '/src/database/tenant-migrations.ts': source('#migrations') });
    await expect(run(moved, { name: 'invoices' })).rejects.toThrow(
      /cannot be told: say it with --migrations/,
    );
    expect(moved.actions).toEqual([]);
  });

  it.each([
    [{ path: 'billing' }, 'src/billing/invoices/', './billing/invoices/invoices.module.js'],
    [{ flat: true }, 'src/', './invoices.module.js'],
    [{ path: 'a/b', flat: true }, 'src/a/b/', './a/b/invoices.module.js'],
  ])('goes where %j says', async (options, folder, specifier) => {
    const { tree } = await run(app('typeorm'), { name: 'invoices', ...options });
    expect(tree.exists(`/${folder}invoices.service.ts`)).toBe(true);
    expect(tree.readText('/src/app.module.ts')).toContain(`from '${specifier}'`);
    for (const path of filesOf(tree).filter((file) => /^\/src.*nvoice/.test(file))) {
      for (const [, target = ''] of tree.readText(path).matchAll(/from '(\.[^']+)'/g)) {
        if (/support|database/.test(target)) continue;
        expect(
          tree.exists(new URL(target.replace(/\.js$/, '.ts'), `file://${path}`).pathname),
        ).toBe(true);
      }
    }
  });

  it.each([
    [{ spec: false }, {}],
    [{}, { generateOptions: { spec: false } }],
    [{}, { generateOptions: { spec: { resource: false } } }],
  ])('writes no tests with %j and %j', async (options, nest) => {
    const { tree } = await run(app('drizzle', { '/nest-cli.json': JSON.stringify(nest) }), {
      name: 'invoices',
      ...options,
    });
    expect(filesOf(tree).filter((path) => path.includes('spec'))).toEqual([]);
  });

  it('leaves the module alone with --skip-import', async () => {
    const { tree } = await run(app('drizzle'), { name: 'invoices', skipImport: true });
    expect(tree.readText('/src/app.module.ts')).toBe(appModule);
    expect(tree.readText('/src/database/schema.ts')).toContain('invoices.table');
  });

  it.each([
    [{ type: 'graphql-code-first' }, /--type=.*REST/],
    [{ crud: false }, /--no-crud/],
    [{ project: 'other' }, /has no project "other"/],
    [{ sourceRoot: 'apps/x/src' }, /source root/],
    [{ specFileSuffix: 'test' }, /--spec-file-suffix/],
    [{ path: '../elsewhere' }, /no folder below src/],
    [{ prefix: 'date' }, /--prefix/],
    [{ migrations: '..' }, /no folder inside/],
    [{ flat: 'perhaps' }, /flat cannot be/],
  ])('refuses %j', async (options, message) => {
    const tree = app('drizzle');
    const attempt = run(tree, { name: 'invoices', ...(options as object) });
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toThrow(/^[^\n]*$/);
    expect(tree.actions).toEqual([]);
  });
});
