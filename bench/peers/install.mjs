import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runNpm } from '../../scripts/setup.mjs';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(here(path), 'utf8'));

/** Installs what is compared with, unless it is there already in the versions wanted. */
export function ensureInstalled(report) {
  if (isInstalled()) return;
  report('Installing what is compared with');
  runNpm(['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts'], {
    cwd: here('.'),
  });
}

function isInstalled() {
  return Object.entries(readJson('package.json').dependencies).every(
    ([name, version]) => installedVersion(name) === version,
  );
}

/** The version of a package that the benchmark installed for itself; undefined where it has not. */
export function installedVersion(name) {
  const manifest = `node_modules/${name}/package.json`;
  return existsSync(here(manifest)) ? readJson(manifest).version : undefined;
}

/** The version of a package of this repository. */
export function ownVersion(name) {
  return readJson(`../../node_modules/${name}/package.json`).version;
}
