import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { SchematicsException } from '@angular-devkit/schematics';
import { npmCommand } from './npm';

export type PackageName = '@mt/runtime' | '@mt/schematics' | '@mt/cli';

export interface LocalPackages {
  /** What the generated package.json says for each package. */
  readonly specs: Record<PackageName, string>;
  /** Tarballs that have to be in the project for those specs to install. */
  readonly files: readonly { readonly path: string; readonly content: Buffer }[];
}

/** Where the tarballs go in a generated project. They are committed, so that a clone installs too. */
const TARBALL_DIRECTORY = '.mt/packages';

/** In a tarball of @mt/schematics: the tarballs of the packages it goes with (see `prepack`). */
const BUNDLE_DIRECTORY = 'packages';

const execute = promisify(execFile);
const cache = new Map<string, Promise<LocalPackages>>();

/**
 * How a generated project gets @mt/runtime, @mt/schematics and @mt/cli.
 *
 * While these are on no registry, they travel with the project as tarballs: packed from a checkout,
 * or taken from the installed tarball of @mt/schematics that is generating, which carries the others.
 * An installation that carries none came from a registry, so the project gets version ranges.
 *
 * @param packageRoot the directory of the running @mt/schematics
 * @throws SchematicsException in a checkout that is not built
 */
export function localPackages(packageRoot: string): Promise<LocalPackages> {
  let packages = cache.get(packageRoot);
  if (!packages) {
    packages = findPackages(packageRoot);
    cache.set(packageRoot, packages);
  }
  return packages;
}

async function findPackages(root: string): Promise<LocalPackages> {
  if (existsSync(join(root, 'src', 'package.json'))) {
    return withTemporaryDirectory((directory) => packCheckout(root, directory));
  }
  if (existsSync(join(root, BUNDLE_DIRECTORY))) {
    return withTemporaryDirectory((directory) => packInstalled(root, directory));
  }
  const { version } = await readManifest(root);
  const range = `^${version}`;
  return {
    specs: { '@mt/runtime': range, '@mt/schematics': range, '@mt/cli': range },
    files: [],
  };
}

async function packCheckout(root: string, directory: string): Promise<LocalPackages> {
  for (const built of ['src/dist', 'cli/dist', 'dist/schematics']) {
    if (!existsSync(join(root, built))) {
      throw new SchematicsException(
        `${join(root, built)} is missing: this checkout is not built. Run "npm run build" in ${root}.`,
      );
    }
  }
  // What npm would publish, copied to where the other two can be added without touching the checkout.
  const staging = join(directory, 'schematics');
  const bundle = join(staging, BUNDLE_DIRECTORY);
  await mkdir(bundle, { recursive: true });
  const [tarballs] = await Promise.all([
    pack([join(root, 'src'), join(root, 'cli')], bundle),
    copyPublishedFiles(root, staging),
  ]);
  return collect(tarballs, await pack([staging], directory));
}

async function packInstalled(root: string, directory: string): Promise<LocalPackages> {
  const bundle = join(root, BUNDLE_DIRECTORY);
  const names = (await readdir(bundle)).filter((name) => name.endsWith('.tgz'));
  return collect(
    names.map((name) => join(bundle, name)),
    await pack([root], directory),
  );
}

async function collect(...tarballs: string[][]): Promise<LocalPackages> {
  const files = await Promise.all(
    tarballs.flat().map(async (tarball) => {
      const name = tarball.split(/[\\/]/).at(-1) ?? tarball;
      return { path: `${TARBALL_DIRECTORY}/${name}`, content: await readFile(tarball) };
    }),
  );
  const spec = (name: PackageName): string => {
    const prefix = `${TARBALL_DIRECTORY}/${name.replace('@', '').replace('/', '-')}-`;
    const file = files.find(({ path }) => path.startsWith(prefix));
    if (!file) {
      throw new SchematicsException(
        `This installation of @mt/schematics lacks the tarball of ${name}. Pack it again with "npm pack".`,
      );
    }
    return `file:${file.path}`;
  };
  return {
    specs: {
      '@mt/runtime': spec('@mt/runtime'),
      '@mt/schematics': spec('@mt/schematics'),
      '@mt/cli': spec('@mt/cli'),
    },
    files,
  };
}

async function copyPublishedFiles(root: string, to: string): Promise<void> {
  const [{ files }] = await runPack([root, '--dry-run'], dirname(to));
  for (const { path } of files) {
    if (path.startsWith(`${BUNDLE_DIRECTORY}/`)) continue;
    await mkdir(dirname(join(to, path)), { recursive: true });
    await copyFile(join(root, path), join(to, path));
  }
}

async function pack(directories: readonly string[], destination: string): Promise<string[]> {
  const packed = await runPack([...directories, '--pack-destination', destination], destination);
  return packed.map(({ filename }) => join(destination, filename));
}

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

async function runPack(args: readonly string[], cwd: string): Promise<[Packed, ...Packed[]]> {
  const npm = npmCommand();
  const packArgs = ['pack', '--json', '--ignore-scripts', ...args];
  const { stdout } = await execute(npm.program, [...npm.args, ...packArgs], {
    cwd,
    env: withoutNpmSettings(process.env),
    maxBuffer: 64 * 1024 * 1024,
  });
  return JSON.parse(stdout) as [Packed, ...Packed[]];
}

/**
 * npm hands its settings to what it runs, `npx nest …` included: a `--dry-run` or a workspace that
 * was meant for the outer command would be obeyed by ours.
 */
function withoutNpmSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^npm_/i.test(name)));
}

async function readManifest(root: string): Promise<{ version: string }> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as { version: string };
}

async function withTemporaryDirectory<T>(use: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'mt-packages-'));
  try {
    return await use(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
