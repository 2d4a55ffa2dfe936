import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext } from '@angular-devkit/schematics';
import { normalizeOptions } from '../app/normalize-options';
import { renderApp } from '../app/render-app';
import { resource } from '../resource/index';
import { field } from './index';
import type { FieldOptions } from './schema';

type Files = Record<string, string>;

async function run(files: Files, rule: ReturnType<typeof field>) {
  const tree = new HostTree(new virtualFs.test.TestHost(files));
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  await rule(tree, context);
  const after: Files = {};
  tree.visit((path) => (after[path.slice(1)] = tree.readText(path)));
  const written = tree.actions.map(({ path }) => path.slice(1)).toSorted();
  return { files: after, written, messages };
}

const change = (files: Files, options: Omit<FieldOptions, 'name'>, name = 'invoices') =>
  run(files, field({ name, ...options }));

describe.each(['drizzle', 'typeorm'])('fields (%s)', (orm) => {
  const DECLARATION =
    orm === 'drizzle' ? 'src/invoices/invoices.table.ts' : 'src/invoices/invoice.entity.ts';
  const DTO = 'src/invoices/dto/create-invoice.dto.ts';
  let files: Files;

  beforeAll(async () => {
    const app: Files = {};
    for (const [path, content] of await renderApp(normalizeOptions({ name: 'shop', orm }))) {
      if (typeof content === 'string') app[path] = content;
    }
    const fields = 'number:string(32):unique amount:decimal(9,2)=0';
    ({ files } = await run(app, resource({ name: 'invoices', fields })));
  });

  function textOf(from: Files, path: string): string {
    const text = from[path];
    if (text === undefined) throw new Error(`There is no ${path}`);
    return text;
  }

  const migrationsOf = (from: Files): string[] =>
    Object.keys(from)
      .filter((path) => /\.sql$|migrations\/\d+-.*\.ts$/.test(path))
      .toSorted();

  it('are added in all places, with a migration', async () => {
    const { files: after, written, messages } = await change(files, { add: 'dueOn:date?' });
    expect(textOf(after, DECLARATION)).toContain('dueOn');
    expect(textOf(after, DTO)).toContain('dueOn?: string | null;');
    expect(textOf(after, 'test/invoices.e2e-spec.ts')).toContain("dueOn: '2026-01-01'");
    expect(after['src/common/validators/is-calendar-date.ts']).toBeDefined();
    expect(JSON.parse(textOf(after, '.mt/resources/invoices.json'))).toMatchObject({
      fields: ['number:string(32):unique', 'amount:decimal(9,2)=0', 'dueOn:date?'],
    });
    const [migration = ''] = migrationsOf(after).filter((path) => !(path in files));
    expect(migration).toMatch(/add[_-]due[_-]on[_-]to[_-]invoices/);
    expect(textOf(after, migration)).toContain('ADD COLUMN "due_on" date');
    expect(messages.at(-1)).toContain('npm run migrate');
    // What the service does is the same for all fields.
    expect(written).not.toContain('src/invoices/invoices.service.ts');
  });

  it('are what a resource with these fields has from the start', async () => {
    const { files: added } = await change(files, { add: 'dueOn:date?:index status:enum(a|b)=a' });
    const fields =
      'number:string(32):unique amount:decimal(9,2)=0 dueOn:date?:index status:enum(a|b)=a';
    const app = Object.fromEntries(
      Object.entries(files).filter(([path]) => !/invoice|migrations/.test(path)),
    );
    const { files: fresh } = await run(
      { ...app, 'src/database/migrations/index.ts': '' },
      resource({ name: 'invoices', fields, skipImport: true }),
    );
    const own = Object.keys(fresh).filter(
      (path) => /src\/.*invoice|test\/invoice/.test(path) && !path.includes('migrations'),
    );
    expect(own.length).toBeGreaterThan(7);
    for (const path of own) expect([path, added[path]]).toEqual([path, fresh[path]]);
  });

  it('leave what was written by hand', async () => {
    const edited = {
      ...files,
      [DTO]: textOf(files, DTO).replace(
        'number!: string;',
        'number!: string;\n\n  // Ours.\n  internal?: never;',
      ),
      [DECLARATION]: textOf(files, DECLARATION).replace(/'invoices'/, `'invoices' /* ours */`),
    };
    const { files: after } = await change(edited, { add: 'dueOn:date?' });
    expect(textOf(after, DTO)).toContain('  // Ours.\n  internal?: never;');
    expect(textOf(after, DTO)).toContain('dueOn?: string | null;');
    expect(textOf(after, DECLARATION)).toContain('/* ours */');
  });

  it('are told in a conflict, and nothing is written', async () => {
    const edited = {
      ...files,
      [DTO]: textOf(files, DTO).replace('@IsDecimalOf(9, 2)', '@IsDecimalOf(10, 2)'),
    };
    await expect(change(edited, { change: 'amount:decimal(12,2)=0' })).rejects.toThrow(
      /^One conflict, so nothing was written\.\n\n {2}src\/invoices\/dto\/create-invoice\.dto\.ts:\d+/,
    );
  });

  describe('of one of two resources that are alike', () => {
    const SPEC = 'src/invoices/invoices.service.integration.spec.ts';

    it('leave the files of the other where one was deleted', async () => {
      const { [SPEC]: _, ...without } = files;
      const { files: after, messages } = await change(without, { add: 'age:int?' });
      expect(after['src/users/users.service.integration.spec.ts']).toBe(
        files['src/users/users.service.integration.spec.ts'],
      );
      expect(messages.join('\n')).toContain(`${SPEC} was deleted by you, and stays so.`);
    });

    it('are found where both were moved', async () => {
      const placeOf = (path: string) => path.replace(/^src\/(invoices|users)\//, 'src/moved/$1/');
      const moved = Object.fromEntries(
        Object.entries(files).map(([path, text]) => [placeOf(path), text]),
      );
      const { files: after, messages } = await change(moved, { add: 'age:int?' });
      expect(textOf(after, placeOf(DTO))).toContain('age?: number | null;');
      expect(textOf(after, placeOf(SPEC))).toContain('age: 1');
      expect(textOf(after, placeOf(DECLARATION))).toContain('age');
      expect(messages.join('\n')).not.toContain('was deleted by you');
      for (const [path, text] of Object.entries(moved)) {
        if (path.startsWith('src/moved/users/')) expect([path, after[path]]).toEqual([path, text]);
      }
      // What is referred to is where it is now.
      const { files: more } = await run(
        after,
        resource({ name: 'orders', fields: 'invoice:ref(invoices)' }),
      );
      const declaration = orm === 'drizzle' ? 'orders.table.ts' : 'order.entity.ts';
      expect(textOf(more, `src/orders/${declaration}`)).toContain("'../moved/invoices/");
    });
  });

  it('are dropped and renamed', async () => {
    const { files: after } = await change(files, {
      drop: 'amount',
      rename: 'number:code',
      yes: true,
    });
    const all = Object.entries(after).filter(([path]) => /^(?:src|test)\/.*invoice/.test(path));
    for (const [path, text] of all.filter(([file]) => !file.includes('migrations'))) {
      expect([path, /\bamount\b|\bnumber[!?]?: (?!number)/.test(text)]).toEqual([path, false]);
    }
    const [migration = ''] = migrationsOf(after).filter((path) => !(path in files));
    expect(textOf(after, migration)).toContain('RENAME COLUMN "number" TO "code"');
    expect(textOf(after, migration)).toContain('DROP COLUMN "amount"');
  });

  it('are renamed in what was edited, too', async () => {
    const edited = {
      ...files,
      [DTO]: textOf(files, DTO)
        .replace('@MaxLength(32)', "@MaxLength(32, { message: 'too long' })\n  // Ours.")
        .replace('number!: string;', 'number!: string;\n\n  internal?: number;'),
    };
    const { files: after } = await change(edited, { rename: 'number:code' });
    const dto = textOf(after, DTO);
    expect(dto).toContain("@MaxLength(32, { message: 'too long' })\n  // Ours.\n  code!: string;");
    expect(dto).toContain('internal?: number;');
    expect(dto).not.toContain('number!');
    const declaration = textOf(after, DECLARATION);
    expect(declaration).toContain(orm === 'drizzle' ? 'code: varchar(' : 'code!: string;');
    // The merge goes on from the new name.
    const { files: again } = await change(after, { add: 'dueOn:date?' });
    expect(textOf(again, DTO)).toContain('dueOn?: string | null;');
  });

  it('are not dropped unless that is confirmed', async () => {
    await expect(change(files, { drop: 'amount' })).rejects.toThrow(
      /^This needs to be confirmed, so nothing was written:\n {2}amount: dropped, with what every tenant has in it\nSay --yes/,
    );
  });

  it('can be changed back and forth', async () => {
    const { files: once } = await change(files, { add: 'dueOn:date?' });
    const { files: twice } = await change(once, { drop: 'dueOn', yes: true });
    for (const [path, text] of Object.entries(files)) {
      if (!/^(?:src|test)\/.*invoice/.test(path) || path.includes('migrations')) continue;
      expect([path, twice[path]]).toEqual([path, text]);
    }
    expect(migrationsOf(twice)).toHaveLength(migrationsOf(files).length + 2);
  });

  it.each<[string, Omit<FieldOptions, 'name'>, RegExp]>([
    ['invoice', { add: 'number:int' }, /there is a field "number" already/],
    ['invices', { add: 'x:int?' }, /^There is no resource invices .*did you mean invoices\?/],
    ['orders', { add: 'x:int?' }, /^There is no resource orders .*: there are invoices, users\./],
    ['invoices', { add: 'x:int?', conflicts: 'no' }, /Unknown value "no" for --conflicts/],
    ['invoices', { adds: 'x' } as FieldOptions, /Unknown option --adds\. Did you mean --add\?/],
  ])('refuse for %s %j', async (name, options, message) => {
    await expect(change(files, options, name)).rejects.toThrow(message);
  });

  it('have no migration where the table is not made by one, and say so', async () => {
    const without = Object.fromEntries(
      Object.entries(files).filter(([path]) => !/\.sql$|_snapshot|_journal|\d+-create-/.test(path)),
    );
    const { files: after, messages } = await change(without, { add: 'dueOn:date?' });
    expect(migrationsOf(after)).toEqual([]);
    expect(messages.join('\n')).toContain('No migration was written');
    expect(messages.at(-1)).toContain('npm run migration:generate');
  });
});
