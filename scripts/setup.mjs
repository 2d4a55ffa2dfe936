// What `npm test` and `npm run demo` need in a fresh clone: dependencies installed, packages built.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { npm } from './npm.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Installs and builds what is missing or out of date. Throws with the whole output of what failed. */
export function ensureReady(progress) {
  if (!isInstalled()) {
    progress('Installing dependencies');
    // What is locked and nothing else; fails where the lock does not fit package.json.
    runNpm(['ci', '--no-audit', '--no-fund']);
  }
  for (const part of parts) {
    if (isFresh(part)) continue;
    progress(`Building ${part.name}`);
    part.build();
  }
}

const tsconfigs = ['tsconfig.base.json', 'package-lock.json'];
const parts = [
  {
    name: '@mt/runtime',
    sources: ['src/lib', 'src/tsconfig.esm.json', 'src/tsconfig.cjs.json', ...tsconfigs],
    output: 'src/dist',
    build: () => runNpm(['run', 'build', '--workspace', 'src']),
  },
  {
    name: '@mt/cli',
    sources: ['cli/src', 'cli/tsconfig.json', ...tsconfigs],
    output: 'cli/dist',
    build: () => runNpm(['run', 'build', '--workspace', 'cli']),
  },
  {
    name: '@mt/schematics',
    sources: ['schematics', 'tsconfig.build.json', ...tsconfigs],
    output: 'dist/schematics',
    build: () => runNpm(['run', 'build:schematics']),
  },
];

/** Compares what is installed with the lock, not their times: git gives every file the time of the checkout. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const actual = readJson(installed).packages;
  const wanted = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  return wanted.every(
    ([path, entry]) =>
      !path.startsWith('node_modules/') ||
      entry.optional ||
      entry.devOptional ||
      entry.peer ||
      actual[path]?.version === entry.version,
  );
}

function isFresh({ sources, output }) {
  const built = join(root, output);
  if (!existsSync(built)) return false;
  const newest = Math.max(...sources.map((source) => newestTime(join(root, source))));
  return oldestFileTime(built) > newest;
}

// Directories count too: their time tells of a file that was removed.
function newestTime(path) {
  if (path.endsWith('.spec.ts')) return 0;
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((name) => newestTime(join(path, name))));
}

function oldestFileTime(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.min(...readdirSync(path).map((name) => oldestFileTime(join(path, name))));
}

function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'));
}

export function runNpm(npmArgs, options = {}) {
  const [command, args] = npm(npmArgs);
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    ...options,
  });
  if (error) throw error;
  if (status !== 0) {
    throw new Error(
      `${[command, ...args].join(' ')} failed with status ${status}:\n${stdout}${stderr}`,
    );
  }
}
