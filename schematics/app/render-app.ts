import { formatFiles, newProjectFormat } from '../rendering/format';
import { importPath } from '../rendering/import-path';
import { resourceNames } from '../rendering/names';
import { nestCommand } from '../utility/nest-command';
import { packageRoot } from '../utility/package-root';
import { localPackages } from '../utility/packages';
import { APP_FILE } from '../utility/project';
import { runScript } from '../utility/run-script';
import { appRecord, resourceRecord } from '../rendering/record';
import { copiedFiles, mergeFiles, renderFolder } from '../rendering/render';
import {
  DEFAULT_FIELDS,
  renderResource,
  type RenderedResource,
  type ResourceInput,
} from '../rendering/resource';
import type { NormalizedOptions } from './normalize-options';
import { packageJson } from './package-json';

type AppView = {
  readonly name: string;
  readonly drizzle: boolean;
  readonly typeorm: boolean;
  readonly express: boolean;
  readonly fastify: boolean;
  /** `schema` or `role` */
  readonly isolation: string;
  readonly role: boolean;
  /** `npm`, `pnpm` or `yarn` */
  readonly packageManager: string;
  readonly lockFile: string;
  /** Commands as this package manager wants them. */
  readonly run: {
    readonly createAcme: string;
    readonly createGlobex: string;
    readonly list: string;
    readonly suspend: string;
    readonly roles: string;
    readonly check: string;
    readonly migrate: string;
    readonly generate: string;
    readonly startDev: string;
    readonly test: string;
    readonly e2e: string;
    readonly resource: string;
  };
};

/** When the migration of the first resource says it was made: rendering the same options again gives the same files. */
const FIRST_MIGRATION = Date.UTC(2026, 0, 1);

/** Every file of a new application. */
export async function renderApp(options: NormalizedOptions): Promise<Map<string, string | Buffer>> {
  const packages = await localPackages(packageRoot());
  const view = viewModel(options);
  const users = renderUsers(options);

  const folders = [
    'app/common',
    `app/${options.orm}`,
    `app/${options.platform}`,
    ...(options.packageManager === 'npm' ? [] : [`app/${options.packageManager}`]),
  ];
  const sources = mergeFiles(
    ...folders.map((folder) => renderFolder(folder, view)),
    users.code,
    barrels(users),
    new Map([
      ['package.json', packageJson(options, packages.specs)],
      [APP_FILE, appFile(options)],
      resourceRecord(USERS.names, USERS.fields, {
        folder: `src/${USERS.names.plural.kebab}`,
        tests: options.spec,
        registered: true,
      }),
    ]),
  );
  const format = newProjectFormat(sources.get('.prettierrc') ?? '{}');
  // What is copied is kept formatted: most of the time would go into that.
  const copied = new Set(folders.flatMap(copiedFiles));
  const rendered = new Map([...sources].filter(([path]) => !copied.has(path)));
  const files = mergeFiles(
    sources,
    await formatFiles(rendered, format),
    users.migration,
    users.journal,
  );
  if (!options.spec) {
    for (const path of files.keys()) if (path.endsWith('.spec.ts')) files.delete(path);
  }
  return new Map<string, string | Buffer>([
    ...files,
    ...nestCommand(options.packageManager).files.map(
      ({ path, content }) => [path, content] as const,
    ),
    ...packages.files.map(({ path, content }) => [path, content] as const),
  ]);
}

function viewModel({ name, orm, platform, isolation, packageManager }: NormalizedOptions): AppView {
  const run = (script: string, args?: string): string => runScript(packageManager, script, args);
  return {
    name,
    drizzle: orm === 'drizzle',
    typeorm: orm === 'typeorm',
    express: platform === 'express',
    fastify: platform === 'fastify',
    isolation,
    role: isolation === 'role',
    packageManager,
    lockFile: { npm: 'package-lock.json', pnpm: 'pnpm-lock.yaml', yarn: 'yarn.lock' }[
      packageManager
    ],
    run: {
      createAcme: run('tenant', 'create acme'),
      createGlobex: run('tenant', 'create globex'),
      list: run('tenant', 'list'),
      suspend: run('tenant', 'suspend acme'),
      roles: run('tenant', 'roles'),
      check: run('tenant', 'check'),
      migrate: run('migrate'),
      generate: run('migration:generate'),
      startDev: run('start:dev'),
      test: `${packageManager} test`,
      e2e: run('test:e2e'),
      resource: run('resource', 'invoices'),
    },
  };
}

const USERS: Pick<ResourceInput, 'names' | 'fields'> = {
  names: resourceNames('users'),
  fields: [
    ...DEFAULT_FIELDS,
    { name: 'email', type: 'varchar', length: 255, unique: true, format: 'email' },
  ],
};

/** The first resource comes from the same place as all later ones. */
function renderUsers({ orm }: NormalizedOptions): RenderedResource {
  return renderResource({
    ...USERS,
    orm,
    migrations: { files: new Map(), now: FIRST_MIGRATION },
  });
}

/** The barrels hold the first resource only, so there is nothing to edit yet. */
function barrels(users: RenderedResource): Map<string, string> {
  const files = new Map<string, string>();
  for (const { barrel, file, symbol } of users.registrations.exports) {
    const line = `export ${symbol ? `{ ${symbol} }` : '*'} from '${importPath(barrel, file)}';\n`;
    files.set(barrel, (files.get(barrel) ?? '') + line);
  }
  return files;
}

function appFile(options: NormalizedOptions): string {
  const { name, orm, platform, isolation, packageManager, spec } = options;
  return appRecord({ name, orm, platform, isolation, packageManager, spec });
}
