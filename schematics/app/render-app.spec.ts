import { formatFiles, newProjectFormat } from '../rendering/format';
import { sortImports } from '../rendering/imports';
import { normalizeOptions } from './normalize-options';
import { renderApp } from './render-app';

const applications = ['drizzle', 'typeorm'].flatMap((orm) =>
  ['express', 'fastify'].flatMap((platform) =>
    ['npm', 'pnpm', 'yarn'].map((packageManager) => ({ orm, platform, packageManager })),
  ),
);

it.each(applications)(
  'an application is formatted by its own settings, what is copied too: $orm on $platform, $packageManager',
  async (options) => {
    const all = await renderApp(normalizeOptions({ name: 'shop', ...options }));
    const texts = new Map(
      [...all].filter((file): file is [string, string] => typeof file[1] === 'string'),
    );
    const format = newProjectFormat(texts.get('.prettierrc') ?? '');
    // Of what is its own business, and what is drizzle-kit's.
    const ours = new Map([...texts].filter(([path]) => !/^(?:\.mt|migrations)\//.test(path)));
    expect(await formatFiles(ours, format)).toEqual(ours);
  },
);

it('has the modules of all parts in its own, with their imports among the others', async () => {
  const files = await renderApp(normalizeOptions({ name: 'shop' }));
  const text = String(files.get('src/app.module.ts'));
  expect(
    /imports: \[([^\]]*)\]/
      .exec(text)?.[1]
      ?.split(',')
      .map((name) => name.trim()),
  ).toEqual([
    'EnvironmentModule',
    'ServerModule',
    'ConnectionModule',
    'DatabaseModule',
    'TenancyModule',
    'UsersModule',
    '',
  ]);
  const lines = text.match(/^import .* from '\..*$/gm) ?? [];
  expect(lines).toEqual(sortImports(lines));
  expect(lines).toContain("import { UsersModule } from './users/users.module.js';");
});
