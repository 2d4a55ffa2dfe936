import { logging, virtualFs } from '@angular-devkit/core';
import { HostTree, type SchematicContext } from '@angular-devkit/schematics';
import { normalizeOptions } from '../app/normalize-options';
import { renderApp } from '../app/render-app';
import { migration } from './index';
import type { MigrationOptions } from './schema';

type Files = Record<string, string>;

async function run(files: Files, options: MigrationOptions) {
  const tree = new HostTree(new virtualFs.test.TestHost(files));
  const logger = new logging.Logger('test');
  const messages: string[] = [];
  logger.subscribe((entry) => messages.push(entry.message));
  const context: SchematicContext = Object.assign(Object.create(null), { logger });
  await migration(options)(tree, context);
  const after: Files = {};
  tree.visit((path) => (after[path.slice(1)] = tree.readText(path)));
  return { files: after, messages };
}

describe.each(['drizzle', 'typeorm'])('an empty migration (%s)', (orm) => {
  let app: Files;

  beforeAll(async () => {
    app = {};
    for (const [path, content] of await renderApp(normalizeOptions({ name: 'shop', orm }))) {
      if (typeof content === 'string') app[path] = content;
    }
  });

  it('stands behind those that are there, under its name', async () => {
    const { files, messages } = await run(app, { name: 'fillTotals of 2026' });
    const [file = '', ...more] = Object.keys(files).filter(
      (path) => !(path in app) && !path.includes('/meta/'),
    );
    expect(more).toEqual([]);
    expect(file).toMatch(
      orm === 'drizzle'
        ? /^migrations\/0001_fill_totals_of_2026\.sql$/
        : /^src\/database\/migrations\/\d{13}-fill-totals-of-2026\.ts$/,
    );
    expect(messages).toContain(`${file} is empty: write what it does.`);
    const list =
      orm === 'drizzle' ? 'migrations/meta/_journal.json' : 'src/database/migrations/index.ts';
    expect(files[list]).toContain(
      orm === 'drizzle' ? '0001_fill_totals_of_2026' : 'fill-totals-of-2026.js',
    );
    if (orm === 'drizzle') {
      const [before, after] = [0, 1].map(
        (n) =>
          Object(JSON.parse(files[`migrations/meta/000${n}_snapshot.json`] ?? '')) as Record<
            string,
            unknown
          >,
      );
      expect(after?.['tables']).toEqual(before?.['tables']);
      expect(after?.['prevId']).toBe(before?.['id']);
    }
  });

  it.each([undefined, '', '../x', 'a`b', '1st', 'x'.repeat(101)])(
    'is not called %j',
    async (name) => {
      await expect(run(app, { ...(name !== undefined && { name }) })).rejects.toThrow(
        'is no name of a migration',
      );
    },
  );
});
