import { logging, virtualFs } from '@angular-devkit/core';
import { callRule, HostTree, type SchematicContext, type Tree } from '@angular-devkit/schematics';
import { lastValueFrom } from 'rxjs';
import { app } from './index';
import { latestVersions } from '../utility/versions';
import type { AppOptions } from './schema';

interface Task {
  readonly name: string;
  readonly options: Record<string, unknown>;
}

async function run(
  options: AppOptions,
  existing: Record<string, string> = {},
): Promise<{ tree: Tree; tasks: Task[]; messages: string[] }> {
  const tasks: Task[] = [];
  const messages: string[] = [];
  const logger = new logging.Logger('test');
  logger.subscribe(({ message }) => messages.push(message));
  // The devkit's own runner does not load under Jest, and the schematic asks its context for nothing else.
  const context: SchematicContext = Object.assign(Object.create(null), {
    logger,
    addTask: (task: { toConfiguration(): Task }) => tasks.push(task.toConfiguration()),
  });
  const tree = new HostTree(new virtualFs.test.TestHost(existing));
  const made = await lastValueFrom(callRule(app(options), tree, context));
  return { tree: made, tasks, messages };
}

function manifestOf(tree: Tree, directory: string) {
  return JSON.parse(tree.readText(`${directory}/package.json`)) as {
    name: string;
    scripts: Record<string, string>;
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
    overrides?: Record<string, string>;
  };
}

const combinations = ['drizzle', 'typeorm'].flatMap((orm) =>
  ['express', 'fastify'].map((platform) => ({ orm, platform })),
);

describe('app', () => {
  it.each(combinations)('remembers $orm on $platform', async ({ orm, platform }) => {
    const { tree } = await run({ name: 'shop', orm, platform });
    expect(JSON.parse(tree.readText('shop/.mt/app.json'))).toEqual({
      format: 2,
      version: '0.1.0',
      name: 'shop',
      orm,
      platform,
      isolation: 'schema',
      packageManager: 'npm',
      spec: true,
    });
  });

  it('says what to do next, as the package manager wants it', async () => {
    const npm = await run({ name: 'shop' });
    expect(npm.messages.at(-1)).toContain('  cd shop\n  npm run tenant -- create acme\n');
    const yarn = await run({
      name: 'shop',
      directory: '.',
      packageManager: 'yarn',
      skipInstall: true,
    });
    expect(yarn.messages.at(-1)).toContain(
      'Next:\n  yarn install\n  yarn run tenant create acme\n',
    );
  });

  it.each(['schema', 'role'])(
    'makes --isolation=%s the default of the application',
    async (isolation) => {
      const { tree } = await run({ name: 'shop', isolation });
      expect(JSON.parse(tree.readText('shop/.mt/app.json'))).toMatchObject({ isolation });
      expect(tree.readText('shop/src/config/environment.ts')).toContain(`.default('${isolation}')`);
      expect(tree.readText('shop/.env.example')).toContain(`TENANT_ISOLATION=${isolation}\n`);
    },
  );

  it.each(combinations)(
    'installs what $orm on $platform needs, in the versions of the manifest',
    async ({ orm, platform }) => {
      const { tree } = await run({ name: 'shop', orm, platform });
      const { dependencies, devDependencies } = manifestOf(tree, 'shop');
      const latest = latestVersions();
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
        if (name.startsWith('@mt/')) expect(version).toMatch(/^file:\.mt\/packages\/.+\.tgz$/);
        else expect([name, version]).toEqual([name, latest[name]]);
      }
      expect(dependencies).toHaveProperty(`@nestjs/platform-${platform}`);
      expect(dependencies).toHaveProperty(orm === 'drizzle' ? 'drizzle-orm' : '@nestjs/typeorm');
    },
  );

  it('uses every version of the manifest', async () => {
    const used = new Set<string>();
    for (const options of combinations) {
      const { dependencies, devDependencies, overrides } = manifestOf(
        (await run(options)).tree,
        'app',
      );
      const all = { ...dependencies, ...devDependencies, ...overrides };
      for (const name of Object.keys(all)) used.add(name);
    }
    expect(Object.keys(latestVersions()).filter((name) => !used.has(name))).toEqual([]);
  });

  it('brings the tarballs that its package.json refers to', async () => {
    const { tree } = await run({ name: 'shop' });
    const { dependencies, devDependencies } = manifestOf(tree, 'shop');
    const local = Object.values({ ...dependencies, ...devDependencies }).filter((version) =>
      version.startsWith('file:'),
    );
    expect(local).toHaveLength(3);
    for (const version of local) {
      expect(tree.exists(`shop/${version.slice('file:'.length)}`)).toBe(true);
    }
  });

  it('leaves nothing of the templates behind', async () => {
    for (const options of combinations) {
      const { tree } = await run({ name: 'shop', ...options });
      tree.getDir('shop').visit((path) => {
        expect(path).not.toMatch(/\.hbs$|__[a-z]+__/);
        if (path.endsWith('.tgz')) return;
        expect([path, tree.readText(path)]).toEqual([
          path,
          expect.not.stringMatching(/\{\{|\}\}\}/),
        ]);
      });
    }
  });

  it('renders the same files for the same options', async () => {
    const [one, other] = await Promise.all([run({ name: 'shop' }), run({ name: 'shop' })]);
    one.tree.visit((path) => expect(other.tree.read(path)).toEqual(one.tree.read(path)));
  });

  it('runs scripts as the package manager wants them', async () => {
    const npm = manifestOf((await run({ packageManager: 'npm' })).tree, 'app');
    const pnpm = await run({ packageManager: 'pnpm' });
    expect(npm.scripts.migrate).toBe('npm run tenant -- migrate');
    expect(manifestOf(pnpm.tree, 'app').scripts.migrate).toBe('pnpm run tenant migrate');
    expect(pnpm.tree.exists('app/pnpm-workspace.yaml')).toBe(true);
  });

  it('has npm install one esbuild, where drizzle-kit brings three', async () => {
    const overridesOf = async (options: Record<string, string>) =>
      manifestOf((await run(options)).tree, 'app').overrides;
    expect(await overridesOf({ orm: 'drizzle' })).toEqual({
      esbuild: latestVersions()['esbuild'],
    });
    expect(await overridesOf({ orm: 'typeorm' })).toBeUndefined();
    expect(await overridesOf({ orm: 'drizzle', packageManager: 'pnpm' })).toBeUndefined();
  });

  it('installs, and makes the first commit after that', async () => {
    const { tasks } = await run({ name: 'shop', packageManager: 'pnpm' });
    expect(tasks).toMatchObject([
      { name: 'node-package', options: { workingDirectory: 'shop', packageManager: 'pnpm' } },
      { name: 'repo-init', options: { workingDirectory: 'shop', commit: true } },
    ]);
    expect((await run({ skipInstall: true, skipGit: true })).tasks).toEqual([]);
  });

  it('leaves out unit specs when asked to', async () => {
    const { tree } = await run({ name: 'shop', spec: false });
    tree.visit((path) => expect(path).not.toMatch(/\.spec\.ts$/));
    expect(tree.exists('shop/test/isolation.e2e-spec.ts')).toBe(true);
  });

  it.each([
    [
      'a file',
      { name: 'shop' },
      { '/shop/notes.txt': '' },
      '"shop" is not empty (it has "notes.txt")',
    ],
    ['a folder', { name: 'shop' }, { '/shop/src/x.ts': '' }, '"shop" is not empty (it has "src")'],
    [
      'a hidden file',
      { name: 'shop' },
      { '/shop/.env': '' },
      '"shop" is not empty (it has ".env")',
    ],
    ['a file of that name', { name: 'shop' }, { '/shop': '' }, '"shop" is a file'],
    ['a file here', { directory: '.' }, { '/x': '' }, 'The current directory is not empty'],
  ])('writes nothing where there is %s', async (_what, options, existing, message) => {
    await expect(run(options, existing)).rejects.toThrow(message);
    await expect(run(options, existing)).rejects.toThrow(/^[^\n]+$/);
  });

  it('fills a repository that was cloned empty', async () => {
    const { tree } = await run({ directory: '.', name: 'shop' }, { '/.git/HEAD': 'ref: x' });
    expect(manifestOf(tree, '').name).toBe('shop');
  });
});
