import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { mustRun } from './support/commands';
import { filesOf, packAll, type Tarballs } from './support/pack';

const PARTS = ['schematics', 'runtime', 'cli'] as const;

const directory = mkdtempSync(join(tmpdir(), 'mt-tarballs-test-'));
let tarballs: Tarballs;
beforeAll(() => {
  tarballs = packAll(directory);
  for (const part of PARTS) mustRun('.', 'tar', '-xzf', tarballs[part], '-C', emptyFolder(part));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe.each(PARTS)('the tarball of @mt/%s', (part) => {
  it('holds what is run, and no sources or tests', () => {
    const unwanted = filesOf(tarballs[part]).filter(
      (path) =>
        /\.spec\.|(?<!\.d)\.ts$|^(test|bench|scripts)\//.test(path) &&
        !path.startsWith('templates/'),
    );
    expect(unwanted).toEqual([]);
  });

  it('holds the licence and a README', () => {
    expect(filesOf(tarballs[part])).toEqual(expect.arrayContaining(['LICENSE', 'README.md']));
  });

  it('holds source maps that are found from the code, with the sources in them', () => {
    const code = filesOf(tarballs[part]).filter((path) => /^dist\/.*\.js$/.test(path));
    expect(code).not.toEqual([]);
    expect(code.filter((path) => !hasSources(packed(part, path)))).toEqual([]);
  });

  it('is as publint and "Are the types wrong?" want it', () => {
    expect(findings(tarballs[part])).toBe('');
  });
});

it('is told by both where it is broken', () => {
  const manifest = packed('runtime', 'package.json');
  const runtime = JSON.parse(readFileSync(manifest, 'utf8')) as {
    scripts: unknown;
    exports: Record<string, Record<string, { types: string; default: string }>>;
  };
  delete runtime.scripts;
  Object.assign(runtime.exports['./rxjs']?.['import'] ?? {}, { default: './dist/absent.js' });
  Object.assign(runtime.exports['./kysely']?.['require'] ?? {}, {
    types: './dist/esm/kysely/index.d.ts',
  });
  writeFileSync(manifest, JSON.stringify(runtime));
  const broken = emptyFolder('broken');
  mustRun(dirname(manifest), 'npm', 'pack', '--pack-destination', broken);
  const told = findings(join(broken, basename(tarballs.runtime)));
  expect(told).toContain('publint: pkg.exports["./rxjs"].import.default is ./dist/absent.js');
  expect(told).toMatch(/types: Types are ESM, but implementation is CJS: .*\/esm\/kysely\//);
});

describe('the tarball of the schematics', () => {
  it('holds the collection, its factories, schemas and templates', () => {
    const files = filesOf(tarballs.schematics);
    const { schematics } = JSON.parse(
      readFileSync(packed('schematics', 'collection.json'), 'utf8'),
    ) as { schematics: Record<string, { factory: string; schema: string }> };
    expect(Object.keys(schematics)).toEqual(expect.arrayContaining(['app', 'resource']));
    for (const { factory, schema } of Object.values(schematics)) {
      expect(files).toContain(`${factory.replace(/^\.\//, '').replace(/#.*/, '')}.js`);
      expect(files).toContain(schema.replace(/^\.\//, ''));
    }
    for (const part of ['project', 'tenancy', 'resource']) {
      const isTemplate = (path: string) => path.startsWith(`templates/${part}/`);
      expect(files.filter(isTemplate)).not.toEqual([]);
    }
  });

  it('holds those of the runtime and the command line, and not itself', () => {
    const inside = filesOf(tarballs.schematics).filter((path) => path.startsWith('packages/'));
    expect(inside).toEqual([
      `packages/${basename(tarballs.cli)}`,
      `packages/${basename(tarballs.runtime)}`,
    ]);
  });
});

function packed(part: string, path: string): string {
  return join(directory, part, 'package', path);
}

function emptyFolder(name: string): string {
  const path = join(directory, name);
  mkdirSync(path);
  return path;
}

/** What is printed of a tarball that is published as it should be: nothing. */
function findings(tarball: string): string {
  return mustRun(__dirname, process.execPath, join(__dirname, 'support/published.mjs'), tarball);
}

function hasSources(file: string): boolean {
  const [, name] = /^\/\/# sourceMappingURL=(.+)$/m.exec(readFileSync(file, 'utf8')) ?? [];
  if (name === undefined) return false;
  const { sources, sourcesContent } = JSON.parse(
    readFileSync(join(dirname(file), name), 'utf8'),
  ) as { sources: string[]; sourcesContent?: (string | null)[] };
  return sources.length > 0 && sources.every((_, index) => Boolean(sourcesContent?.[index]));
}
