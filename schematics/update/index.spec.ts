import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext } from '@angular-devkit/schematics';
import { normalizeOptions } from '../app/normalize-options';
import { renderApp } from '../app/render-app';
import { field } from '../field/index';
import { remove } from '../remove/index';
import { resource } from '../resource/index';
import { baseText, readBaseText } from '../tree/base/base-text';
import { update } from './index';
import type { UpdateOptions } from './schema';

type Files = Map<string, string>;

const APP_BASE = '.mt/base/app.txt';
const CHECK = 'src/tenancy/isolation.check.ts';

async function newApp(orm: string): Promise<Files> {
  const files: Files = new Map();
  for (const [path, content] of await renderApp(normalizeOptions({ name: 'shop', orm }))) {
    if (typeof content === 'string') files.set(path, content);
  }
  return run(files, resource({ name: 'invoices' })).then(({ files: all }) => all);
}

async function run(files: Files, rule: ReturnType<typeof update>) {
  const tree = new HostTree(new virtualFs.test.TestHost(Object.fromEntries(files)));
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  await rule(tree, context);
  const after: Files = new Map();
  tree.visit((path) => after.set(path.slice(1), tree.read(path)?.toString() ?? ''));
  return {
    files: after,
    messages,
    written: tree.actions.map(({ path }) => path.slice(1)).toSorted(),
  };
}

const updated = (files: Files, options: UpdateOptions = {}) => run(files, update(options));

function textOf(files: ReadonlyMap<string, string>, path: string): string {
  const text = files.get(path);
  if (text === undefined) throw new Error(`There is no ${path}`);
  return text;
}

/** As if an earlier version had generated a file otherwise. */
function older(
  files: Files,
  basePath: string,
  path: string,
  change: (text: string) => string,
): Files {
  const base = readBaseText(textOf(files, basePath));
  const before = change(textOf(base, path));
  expect(before).not.toBe(textOf(base, path));
  base.set(path, before);
  return new Map([...files, [basePath, baseText(base)], [path, before]]);
}

function edited(files: Files, path: string, from: string | RegExp, to: string): Files {
  const text = textOf(files, path);
  const after = text.replace(from, to);
  expect(after).not.toBe(text);
  return new Map([...files, [path, after]]);
}

describe.each(['drizzle', 'typeorm'])('an update (%s)', (orm) => {
  let files: Files;
  beforeAll(async () => {
    files = await newApp(orm);
  });

  it('brings what came with a type of field, once for all that use it', async () => {
    const VALIDATOR = 'src/common/validators/is-calendar-date.ts';
    const dated = { fields: 'dueOn:date' };
    const { files: one } = await run(files, resource({ name: 'orders', ...dated }));
    const { files: both } = await run(one, resource({ name: 'bills', ...dated }));
    const bases = ['orders', 'bills'].map((name) => `.mt/base/resources/${name}.txt`);
    let old = both;
    for (const base of bases) {
      old = older(
        both === old ? both : new Map([...old, [VALIDATOR, textOf(both, VALIDATOR)]]),
        base,
        VALIDATOR,
        (text) => text.replace('IsCalendarDate', 'IsDay'),
      );
    }
    const { files: after } = await updated(old);
    expect(after).toEqual(both);
    // Another resource has it still.
    const { files: dropped } = await run(
      both,
      field({ name: 'orders', add: 'name', drop: 'dueOn', yes: true }),
    );
    expect(dropped.get(VALIDATOR)).toBe(both.get(VALIDATOR));
    const { files: removed } = await run(both, remove({ name: 'orders', yes: true }));
    expect(removed.get(VALIDATOR)).toBe(both.get(VALIDATOR));
  });

  it('changes nothing where there is none', async () => {
    const { written, messages } = await updated(files);
    expect(written).toEqual([]);
    expect(messages).toEqual(['The application is as this version generates it.']);
    await expect(updated(files, { check: true })).resolves.toMatchObject({ written: [] });
  });

  it('keeps what was edited, in the application and in its resources', async () => {
    const service = 'src/invoices/invoices.service.ts';
    let before = older(files, APP_BASE, CHECK, (text) =>
      text.replace(/ {2}private async watch\(\) \{[^]*?\n {2}\}\n\n/, ''),
    );
    before = older(before, '.mt/base/resources/invoices.txt', service, (text) =>
      text.replace('not found`', 'was not found`'),
    );
    const yours = edited(
      edited(before, CHECK, 'constructor(', '/** Ours. */\n  private looks = 0;\n\n  constructor('),
      service,
      /(async )?create\(/,
      '// Ours.\n  $&',
    );
    const { files: after, messages } = await updated(yours);
    expect(textOf(after, CHECK)).toMatch('private async watch() {');
    expect(textOf(after, CHECK)).toMatch('/** Ours. */\n  private looks = 0;');
    expect(textOf(after, service)).toMatch(/\/\/ Ours\.\n {2}(async )?create\(/);
    expect(textOf(after, service)).not.toMatch('was not found`');
    expect(messages.slice(0, 2)).toEqual([
      `${CHECK} has your changes and what is generated now.`,
      `${service} has your changes and what is generated now.`,
    ]);
    expect((await updated(after)).written).toEqual([]);
  });

  it('brings versions of packages, and keeps those that were added', async () => {
    const before = older(files, APP_BASE, 'package.json', (text) =>
      text.replace(/"@nestjs\/core": "[^"]+"/, '"@nestjs/core": "^11.0.0"'),
    );
    const yours = edited(
      before,
      'package.json',
      '"dependencies": {',
      '"dependencies": {\n    "zz": "1",',
    );
    const { files: after } = await updated(yours);
    expect(JSON.parse(textOf(after, 'package.json'))).toMatchObject({
      dependencies: { '@nestjs/core': expect.stringMatching(/^\^12/), zz: '1' },
    });
  });

  it('leaves what other schematics have added to the module', async () => {
    const module = 'src/app.module.ts';
    expect(textOf(files, module)).toMatch('InvoicesModule');
    const before = older(files, APP_BASE, module, (text) =>
      text.replace(/ {4}TenancyModule,\n/, ''),
    );
    const yours = new Map([
      ...before,
      [module, textOf(files, module).replace(/ {4}TenancyModule,\n/, '')],
    ]);
    const { files: after } = await updated(yours);
    expect(textOf(after, module)).toMatch(/ {4}TenancyModule,\n/);
    expect(textOf(after, module)).toMatch('InvoicesModule');
  });

  it('tells that there is one', async () => {
    const before = older(files, APP_BASE, CHECK, (text) =>
      text.replace('Refuses', 'Does not want'),
    );
    await expect(updated(before, { check: true })).rejects.toThrow(
      /^There is an update to 0\.1\.0/,
    );
  });

  it('says what to do where it was not kept what was generated', async () => {
    const before = new Map(files);
    before.delete(APP_BASE);
    await expect(updated(before)).rejects.toThrow(
      /^There is no \.mt\/base\/app\.txt.*update --adopt/,
    );
    const { files: adopted, written } = await updated(before, { adopt: true });
    expect(written).toEqual([APP_BASE]);
    expect((await updated(adopted)).written).toEqual([]);
  });
});
