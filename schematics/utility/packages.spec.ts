import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { localPackages } from './packages';

const SPECS = {
  '@mt/runtime': 'file:.mt/packages/mt-runtime-0.1.0.tgz',
  '@mt/schematics': 'file:.mt/packages/mt-schematics-0.1.0.tgz',
  '@mt/cli': 'file:.mt/packages/mt-cli-0.1.0.tgz',
};

let temporary: string;
let directory: string;
beforeEach(() => {
  temporary = mkdtempSync(join(tmpdir(), 'mt-packages-spec-'));
  directory = temporary;
});
afterEach(() => {
  rmSync(temporary, { recursive: true, force: true });
  delete process.env['npm_config_dry_run'];
});

describe('localPackages', () => {
  it('gives ranges to an installation from a registry', async () => {
    write('package.json', { name: '@mt/schematics', version: '1.2.3' });
    expect(await localPackages(directory)).toEqual({
      specs: { '@mt/runtime': '^1.2.3', '@mt/schematics': '^1.2.3', '@mt/cli': '^1.2.3' },
      files: [],
    });
  });

  it.each(['src/dist', 'cli/dist', 'dist/schematics'])(
    'says what to do in a checkout without %s',
    async (missing) => {
      writeCheckout();
      rmSync(join(directory, missing), { recursive: true });
      await expect(localPackages(directory)).rejects.toThrow(
        `${join(directory, missing)} is missing: this checkout is not built. Run "npm run build" in ${directory}.`,
      );
    },
  );

  it('packs a checkout, and an installation of that package packs the same again', async () => {
    writeCheckout();
    const fromCheckout = await localPackages(directory);
    expect(fromCheckout.specs).toEqual(SPECS);
    expect(fromCheckout.files.map(({ path }) => `file:${path}`).toSorted()).toEqual(
      Object.values(SPECS).toSorted(),
    );
    expect(contents(fromCheckout, '@mt/schematics')).toEqual([
      'package/dist/schematics/index.js',
      'package/package.json',
      'package/packages/mt-cli-0.1.0.tgz',
      'package/packages/mt-runtime-0.1.0.tgz',
    ]);

    const installed = install(fromCheckout);
    const before = readdirSync(installed);
    const fromInstalled = await localPackages(installed);
    expect(fromInstalled.specs).toEqual(SPECS);
    expect(contents(fromInstalled, '@mt/schematics')).toEqual(
      contents(fromCheckout, '@mt/schematics'),
    );
    expect(contents(fromInstalled, '@mt/runtime')).toEqual([
      'package/dist/index.js',
      'package/package.json',
    ]);
    expect(readdirSync(installed)).toEqual(before);
  });

  it('leaves the checkout as it is, and takes nothing from an earlier packing', async () => {
    writeCheckout();
    write('packages/mt-runtime-0.0.1.tgz', 'stale');
    const packages = await localPackages(directory);
    expect(contents(packages, '@mt/schematics')).not.toContain(
      'package/packages/mt-runtime-0.0.1.tgz',
    );
    expect(readdirSync(join(directory, 'packages'))).toEqual(['mt-runtime-0.0.1.tgz']);
  });

  it('packs even when the npm that runs it was told to write nothing', async () => {
    process.env['npm_config_dry_run'] = 'true';
    writeCheckout();
    const { files } = await localPackages(directory);
    expect(files).toHaveLength(3);
  });

  it('packs where the path has what a shell would read', async () => {
    directory = join(directory, `it's "R&D" %PATH% $(touch here)`);
    writeCheckout();
    const { files } = await localPackages(directory);
    expect(files).toHaveLength(3);
  });

  it('packs once for all that ask', async () => {
    writeCheckout();
    expect(localPackages(directory)).toBe(localPackages(directory));
    await localPackages(directory);
  });
});

type Packages = Awaited<ReturnType<typeof localPackages>>;

function tarball({ files, specs }: Packages, name: keyof Packages['specs']): Buffer {
  const file = files.find(({ path }) => specs[name] === `file:${path}`);
  if (!file) throw new Error(`${name} was not packed`);
  return file.content;
}

function contents(packages: Packages, name: keyof Packages['specs']): string[] {
  const list = execFileSync('tar', ['-tz'], { input: tarball(packages, name), encoding: 'utf8' });
  return list.trim().split('\n').toSorted();
}

function install(packages: Packages): string {
  const target = join(directory, 'project', 'node_modules', '@mt', 'schematics');
  mkdirSync(target, { recursive: true });
  execFileSync('tar', ['-xz', '-C', target, '--strip-components=1'], {
    input: tarball(packages, '@mt/schematics'),
  });
  return target;
}

/** As little of a checkout as packing looks at. */
function writeCheckout(): void {
  const version = '0.1.0';
  write('package.json', {
    name: '@mt/schematics',
    version,
    workspaces: ['src', 'cli'],
    files: ['dist/schematics', 'packages'],
    scripts: { prepack: 'exit 1' },
  });
  write('.gitignore', 'dist/\n/packages/\n*.tgz\n');
  write('dist/schematics/index.js', '');
  write('src/package.json', { name: '@mt/runtime', version, files: ['dist'] });
  write('src/dist/index.js', '');
  write('cli/package.json', { name: '@mt/cli', version, files: ['dist'] });
  write('cli/dist/main.js', '');
}

function write(path: string, content: string | object): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
}
