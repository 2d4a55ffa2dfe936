import type { Rule, Tree } from '@angular-devkit/schematics';
import { formatFiles, projectFormat } from '../rendering/format';
import { type ResourceNames, resourceNames } from '../rendering/names';
import { assertKnownOptions } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { type NextStep, printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import { resourceRecord } from '../rendering/record';
import { DEFAULT_FIELDS, renderResource } from '../rendering/resource';
import { writeFiles } from '../tree/write';
import { type Choices, readChoices } from './choices';
import { migrationPlace } from './migration-place';
import { readMigrations } from './read-migrations';
import { type Registered, registerResource } from './register';
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
    const choices = readChoices(tree, options);
    const place = await migrationPlace(tree, app.orm, options);
    const names = resourceNames(options.name, options);
    const format = projectFormat(tree);

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
    const files = resourceFiles(tree, rendered, await formatFiles(rendered.code, format));

    const kept = write(tree, files);
    record(tree, names, choices);
    const registered = await registerResource(tree, files.registrations, format, choices.register);
    printReport(context.logger, report(app, files, kept, registered));
  };
}

/** Once: of what was generated then, and by which version. */
function record(tree: Tree, names: ResourceNames, { base, flat, tests, register }: Choices): void {
  const [path, text] = resourceRecord(names, DEFAULT_FIELDS, {
    folder: flat ? base : `${base}/${names.plural.kebab}`,
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
  return writeFiles(tree, own);
}

function report(
  { packageManager }: TenantApp,
  { migrates, unmigrated }: ResourceFiles,
  kept: readonly string[],
  { changes, warnings }: Registered,
): Report {
  const generate: NextStep = {
    command: runScript(packageManager, 'migration:generate'),
    purpose: 'writes the migration',
  };
  const migrate: NextStep = {
    command: runScript(packageManager, 'migrate'),
    purpose: 'creates the table for every tenant',
  };
  const notes = kept.map((path) => `${path} is not as it would be generated, and was left alone.`);
  if (unmigrated === undefined) {
    return { changes, notes, warnings, next: migrates ? [migrate] : [] };
  }
  return {
    changes,
    notes,
    warnings: [...warnings, `${unmigrated}, so no migration was written.`],
    next: [generate, migrate],
  };
}
