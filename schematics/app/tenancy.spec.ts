import { posix } from 'node:path';
import { normalizeOptions } from './normalize-options';
import { renderProject } from './project';
import { renderTenancy } from './tenancy';

const applications = ['drizzle', 'typeorm'].flatMap((orm) =>
  ['express', 'fastify'].map((platform) => ({ orm, platform })),
);

/** Filled with the first resource. */
const BARRELS = [
  'src/database/schema.ts',
  'src/database/entities.ts',
  'src/database/migrations/index.ts',
];

/** What the tests of tenants start. */
const APPLICATION = ['src/app.module.ts', 'src/server/create-adapter.ts'];

describe.each(applications)('tenants with $orm on $platform', (given) => {
  const options = normalizeOptions({ name: 'shop', ...given });

  it('are files of their own, but for the settings', async () => {
    const project = renderProject(options).files;
    const { files } = await renderTenancy(options);
    expect([...files.keys()].filter((path) => project.has(path))).toEqual(['.env.example']);
  });

  it('can be added to an application that is another project', async () => {
    const { files } = await renderTenancy(options);
    const foreign = new Set<string>();
    for (const [path, text] of files) {
      for (const [, specifier = ''] of text.matchAll(/\bfrom '(\.[^'$]+)'/g)) {
        const file = posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts');
        if (!files.has(file) && !BARRELS.includes(file)) foreign.add(file);
      }
    }
    expect([...foreign].filter((file) => !APPLICATION.includes(file))).toEqual([]);
  });

  it('name modules that there are', async () => {
    const { files, modules } = await renderTenancy(options);
    for (const { symbol, file } of modules) {
      expect(files.get(file)).toContain(`export class ${symbol} `);
    }
  });
});
