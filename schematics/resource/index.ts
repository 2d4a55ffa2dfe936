import type { Rule, Tree } from '@angular-devkit/schematics';
import { type FormatConfig, formatFiles, projectFormat } from '../rendering/format';
import { type ResourceNames, resourceNames } from '../rendering/names';
import { assertKnownOptions, parseChoice } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { type NextStep, printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import { resourceRecord } from '../rendering/record';
import { DEFAULT_FIELDS, renderResource } from '../rendering/resource';
import { readBase, writeBase } from '../tree/base';
import {
  CONFLICT_STYLES,
  type ConflictStyle,
  type MergedFiles,
  mergeIntoTree,
} from '../tree/merge-tree';
import { mergeNotes } from '../tree/merge-notes';
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
  'conflicts',
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

    const style = parseChoice('conflicts', options.conflicts ?? 'refuse', CONFLICT_STYLES);
    const written = await write(tree, names, files, format, style);
    record(tree, names, choices, written.isNew);
    const registered = await registerResource(tree, files.registrations, format, choices.register);
    printReport(context.logger, report(app, files, written, registered));
  };
}

/** Of what was generated when something of it last changed, and by which version. */
function record(
  tree: Tree,
  names: ResourceNames,
  { base, flat, tests, register }: Choices,
  isNew: boolean,
): void {
  const [path, text] = resourceRecord(names, DEFAULT_FIELDS, {
    folder: flat ? base : `${base}/${names.plural.kebab}`,
    tests,
    registered: register,
  });
  if (isNew || !tree.exists(path))
    writeFiles(tree, new Map([[path, text]]), { existing: 'replace' });
}

/**
 * Writes the files, or merges them into what the team has made of those that were generated before. Migrations are
 * history, and are written once.
 */
async function write(
  tree: Tree,
  names: ResourceNames,
  { shared, own, migrations, journal }: ResourceFiles,
  format: FormatConfig,
  style: ConflictStyle,
): Promise<Written> {
  const base = readBase(tree, names);
  // Parts that all resources use: a team that has changed them need not be told each time.
  writeFiles(tree, shared);
  const kept = base === undefined ? writeFiles(tree, own) : [];
  const merged = base && (await mergeIntoTree(tree, base, own, format, style));
  writeFiles(tree, migrations);
  writeFiles(tree, journal, { existing: 'replace' });
  const known = new Map([...own].filter(([path]) => !kept.includes(path)));
  const isNew = writeBase(tree, names, known) && base !== undefined;
  return { kept, merged, isNew };
}

interface Written {
  /** Files that were there, of which it is not known what was generated. */
  readonly kept: readonly string[];
  readonly merged: MergedFiles | undefined;
  /** Whether anything is generated now that was not before. */
  readonly isNew: boolean;
}

function report(
  { packageManager }: TenantApp,
  { migrates, unmigrated }: ResourceFiles,
  { kept, merged }: Written,
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
  const notes = [
    ...kept.map((path) => `${path} is not as it would be generated, and was left alone.`),
    ...(merged ? mergeNotes(merged) : []),
  ];
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
