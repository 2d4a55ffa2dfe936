import { ownManifest } from '../utility/own-manifest';
import type { ManifestPart } from './part';

/** The text of the generated package.json. */
export function packageJson(name: string, parts: readonly ManifestPart[]): string {
  const manifest = {
    name,
    version: '0.0.1',
    description: '',
    author: '',
    private: true,
    license: 'UNLICENSED',
    type: 'module',
    // What the application is tested with, whatever the packages that it installs ask for.
    engines: ownManifest().engines,
    scripts: merged(parts.map(({ scripts }) => scripts)),
    dependencies: sorted(merged(parts.map(({ dependencies }) => dependencies))),
    devDependencies: sorted(merged(parts.map(({ devDependencies }) => devDependencies))),
    ...overridesOf(parts),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

type Entries = Readonly<Record<string, string>>;

function merged(parts: readonly Entries[]): Entries {
  return Object.assign({}, ...parts) as Entries;
}

function sorted(entries: Entries): Entries {
  return Object.fromEntries(Object.entries(entries).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function overridesOf(parts: readonly ManifestPart[]): Pick<ManifestPart, 'overrides'> {
  const found = parts.flatMap(({ overrides }) => (overrides ? [overrides] : []));
  return found.length > 0 ? { overrides: Object.assign({}, ...found) } : {};
}
