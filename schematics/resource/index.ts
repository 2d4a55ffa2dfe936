import type { Rule, SchematicContext, Tree } from '@angular-devkit/schematics';
import { type FormatConfig, formatFiles, projectFormat } from '../rendering/format';
import { resourceNames } from '../rendering/names';
import { assertKnownOptions } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { resourceRecord } from '../rendering/record';
import { renderResource } from '../rendering/resource';
import { DEFAULT_FIELDS } from '../rendering/resource/fields';
import { writeFiles } from '../tree/write';
import { readChoices } from './choices';
import { migrationPlace } from './migration-place';
import { readMigrations } from './read-migrations';
import { registerResource } from './register';
import { relocate } from './relocate';
import { type ResourceFiles, resourceFiles } from './resource-files';
import type { ResourceOptions } from './schema';

const OPTIONS = [
  'name',
  'singular',
  'plural',
  'migrations',
  'prefix',
  'path',
  'flat',
  'spec',
  'skipImport',
];

/** Adds a resource to a generated application: files, registrations and the migration, for the ORM that it uses. */
export function resource(options: ResourceOptions): Rule {
  return async (tree, context) => {
    assertKnownOptions(options, OPTIONS);
    const app = readTenantApp(tree);
    const format = projectFormat(tree);

    const files = await prepare(tree, app, options, format);
    const kept = write(tree, files);
    record(tree, options);
    const todo = await registerResource(
      tree,
      files.registrations,
      format,
      readChoices(tree, options).register,
    );
    report(context, app, files, kept, todo);
  };
}

async function prepare(
  tree: Tree,
  app: TenantApp,
  options: ResourceOptions,
  format: FormatConfig,
): Promise<ResourceFiles> {
  const choices = readChoices(tree, options);
  const place = await migrationPlace(tree, app.orm, options);
  const names = resourceNames(options.name, options);
  const standard = renderResource({
    names,
    fields: DEFAULT_FIELDS,
    orm: app.orm,
    migrations: {
      files: readMigrations(tree, app.orm, place.directory),
      place,
      now: Date.now(),
    },
  });
  const rendered = relocate(standard, names.plural.kebab, choices);
  return resourceFiles(tree, rendered, await formatFiles(rendered.code, format));
}

/** Once: of what was generated then, and by which version. */
function record(tree: Tree, options: ResourceOptions): void {
  const { base, flat, tests, register } = readChoices(tree, options);
  const names = resourceNames(options.name, options);
  const folder = flat ? base : `${base}/${names.plural.kebab}`;
  const [path, text] = resourceRecord(names, DEFAULT_FIELDS, {
    folder,
    tests,
    registered: register,
  });
  if (!tree.exists(path)) tree.create(path, text);
}

/** Gives the files of the user that are not as they would be generated. */
function write(tree: Tree, { shared, own, journal }: ResourceFiles): readonly string[] {
  // Parts that all resources use: a team that has changed them need not be told each time.
  writeFiles(tree, shared);
  writeFiles(tree, journal, { existing: 'replace' });
  return writeFiles(tree, own).kept;
}

function report(
  { logger }: SchematicContext,
  app: TenantApp,
  files: ResourceFiles,
  kept: readonly string[],
  todo: readonly string[],
): void {
  for (const path of kept) {
    logger.info(`${path} is not as it would be generated, and was left alone.`);
  }
  for (const line of todo) logger.warn(line);
  if (files.unmigrated !== undefined) {
    logger.warn(
      `${files.unmigrated}, so no migration was written: run "${run(app, 'migration:generate')}".`,
    );
  } else if (files.migrates) {
    logger.info(`Run "${run(app, 'migrate')}" to create the table for every tenant.`);
  }
}

function run({ options }: TenantApp, script: string): string {
  const manager = typeof options.packageManager === 'string' ? options.packageManager : 'npm';
  return `${manager} run ${script}`;
}
