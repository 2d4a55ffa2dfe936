import { versionsOf } from '../utility/versions';
import type { NormalizedOptions } from './normalize-options';
import { type AppPart, type ManifestPart, renderPart } from './part';
import { appView } from './view';

/** The project: what an application has of which the tenants are the second part. */
export function renderProject(options: NormalizedOptions): AppPart {
  const { platform, packageManager } = options;
  const folders = [
    'project/common',
    `project/${platform}`,
    ...(packageManager === 'npm' ? [] : [`project/${packageManager}`]),
  ];
  return { ...renderPart(folders, appView(options)), manifest: manifest(options) };
}

function manifest({ platform }: NormalizedOptions): ManifestPart {
  return {
    scripts: {
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
    },
    dependencies: versionsOf([
      '@nestjs/common',
      '@nestjs/core',
      `@nestjs/platform-${platform}`,
      'class-transformer',
      'class-validator',
      'reflect-metadata',
      'rxjs',
    ]),
    devDependencies: versionsOf([
      '@nestjs/cli',
      '@nestjs/schematics',
      '@nestjs/testing',
      '@types/node',
      '@types/supertest',
      '@vitest/coverage-v8',
      'oxlint',
      'oxlint-tsgolint',
      'prettier',
      'supertest',
      'typescript',
      'vitest',
      ...(platform === 'express' ? ['@types/express'] : []),
    ]),
  };
}
