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
        '/src/invoices/invoices.service.spec.ts',
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
    expect(messages).toEqual(['Run "pnpm run migrate" to create the table for every tenant.']);
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

  it('leaves alone what was edited by hand, and says so', async () => {
    const { tree } = await run(app(orm), { name: 'invoices' });
    const edited = saved(tree);
    edited.overwrite('/src/invoices/invoices.service.ts', '// mine\n');
    edited.overwrite('/src/common/parse-id.pipe.ts', '// ours\n');
    const second = saved(edited);

    const { messages } = await run(second, { name: 'invoices' });
    expect(second.actions).toEqual([]);
    expect(messages).toEqual([
      'src/invoices/invoices.service.ts is not as it would be generated, and was left alone.',
    ]);
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
    expect(messages).toContain(
      `${path} was there before, so no migration was written: run "pnpm run migration:generate".`,
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
      '{"version":"7","dialect":"postgresql","entries":[{"idx":3,"when":1,"tag":"x"}]}',
      /0003_snapshot.json is missing/,
    ],
  ])('refuses a %s that it cannot continue', async (name, text, message) => {
    const tree = app('drizzle', { [`/migrations/meta/${name}`]: text });
    await expect(run(tree, { name: 'invoices' })).rejects.toThrow(message);
  });
});
