import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root';

/** Versions stand in one manifest, where they can be kept up to date by the usual tools. */
export function latestVersions(): Record<string, string> {
  const manifest = join(packageRoot(), 'schematics/utility/latest-versions/package.json');
  const { dependencies } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return dependencies;
}

/** What a package.json says of these packages. */
export function versionsOf(names: readonly string[]): Record<string, string> {
  const latest = latestVersions();
  return Object.fromEntries(
    names.map((name) => {
      const version = latest[name];
      if (!version) throw new Error(`latest-versions/package.json has no ${name}`);
      return [name, version];
    }),
  );
}
