import type { Rule, Tree } from '@angular-devkit/schematics';
import { type FormatConfig, projectFormat } from '../rendering/format';
import {
  nameForms,
  type NameForms,
  type ResourceNames,
  resourceNames,
  splitWords,
} from '../rendering/names';
import type { RenderedFiles } from '../rendering/render';
import {
  columnOf,
  type FieldChange,
  type MigrationPlace,
  renderAlteration,
  type RenderedMigration,
} from '../rendering/resource';
import { generateResource } from '../resource/generate';
import { migrationPlace } from '../resource/migration-place';
import { readMigrations } from '../resource/read-migrations';
import { recordOf, type RecordedResource, requireRecorded } from '../resource/recorded';
import { referenceScope } from '../resource/references';
import type { Registered } from '../resource/register';
import { foreignNames, ownBase } from '../resource/resource-files';
import { writeMigration } from '../resource/write-migration';
import { basePath, requireBase, writeBase } from '../tree/base';
import { CONFLICT_STYLES, type MergedFiles, mergeIntoTree } from '../tree/merge-tree';
import { mergeNotes, openConflicts } from '../tree/merge-notes';
import { readSource } from '../tree/text-style';
import { writeFiles } from '../tree/write';
import { confirmRisks } from '../utility/confirm';
import { assertKnownOptions, parseChoice } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import { planChanges } from './plan-changes';
import { risksOf } from './risks';
import type { FieldOptions } from './schema';

const OPTIONS = [
  'name',
  'add',
  'change',
  'rename',
  'drop',
  'yes',
  'conflicts',
  'migrations',
  'prefix',
];

/** Changes the fields of a resource: its code, merged into what the team has made of it, and the migration. */
export function field(options: FieldOptions): Rule {
  return async (tree, context) => {
    assertKnownOptions(options, OPTIONS);
    const style = parseChoice('conflicts', options.conflicts ?? 'refuse', CONFLICT_STYLES);
    const app = readTenantApp(tree);
    const names = resourceNames(options.name);
    const before = requireRecorded(tree, names);
    const base = requireBase(tree, basePath(before.names));
    const { fields, changes } = planChanges(
      before.fields,
      options,
      referenceScope(tree, before.names),
    );
    const place = await migrationPlace(tree, app.orm, options);
    await confirmRisks(risksOf(changes), options.yes);

    const format = projectFormat(tree);
    const after = { ...before, fields };
    const { own, shared } = await generateResource(tree, app, after, place, format);
    const migration = migrate(tree, app, after, changes, place);
    const renamed = await followInTree(tree, app, before, changes, place, format, base);
    const merged = await mergeIntoTree(tree, ownBase(renamed, own), own, format, style);
    writeFiles(tree, shared);
    writeBase(tree, after.names, own);
    writeFiles(tree, new Map([recordOf(after)]), { existing: 'replace' });
    const registered = await writeMigration(tree, migration, format);
    printReport(context.logger, report(app, migration, merged, registered));
  };
}

/**
 * Gives fields their new names in what is as it was generated, in the files of the team as well: the merge compares
 * what is left to be changed.
 *
 * @returns what was generated, under the new names
 */
async function followInTree(
  tree: Tree,
  app: TenantApp,
  before: RecordedResource,
  changes: readonly FieldChange[],
  place: MigrationPlace,
  format: FormatConfig,
  base: RenderedFiles,
): Promise<RenderedFiles> {
  const names = new Map(
    changes.flatMap(({ before: was, after }) => (was && after ? [[was.name, after.name]] : [])),
  );
  const fields = before.fields.map((each) => ({
    ...each,
    name: names.get(each.name) ?? each.name,
  }));
  if (fields.every(({ name }, index) => name === before.fields[index]?.name)) return base;
  // It brings what finds differences, which nothing else here needs.
  const { followRenames } = await import('../tree/merge/index.js');
  const old = (await generateResource(tree, app, before, place, format)).own;
  const now = (await generateResource(tree, app, { ...before, fields }, place, format)).own;
  const followed = new Map(base);
  for (const [path, text] of base) {
    const [was, is] = [old.get(path), now.get(path)];
    if (was === undefined || is === undefined) continue;
    followed.set(path, followRenames(was, is, text));
    if (!tree.exists(path)) continue;
    const yours = readSource(tree, path);
    const after = followRenames(was, is, yours);
    if (after !== yours) tree.overwrite(path, after);
  }
  return followed;
}

/** The migration, where those that are there are of our making. */
function migrate(
  tree: Tree,
  { orm }: TenantApp,
  { names }: RecordedResource,
  changes: readonly FieldChange[],
  place: MigrationPlace,
): RenderedMigration {
  const nothing = { code: new Map(), written: new Map(), journal: new Map(), exports: [] };
  if (orm === 'typeorm' && foreignNames(tree) !== undefined) return nothing;
  return renderAlteration(orm, names, changes, nameOf(names, changes), {
    files: readMigrations(tree, orm, place.directory),
    place,
    now: Date.now(),
  });
}

/** `add notes to invoices`, or `change invoices` where that would be too long. */
function nameOf({ plural }: ResourceNames, changes: readonly FieldChange[]): NameForms {
  const [{ before, after } = {}, ...more] = changes;
  const table = plural.kebab.split('-');
  const column = splitWords((after ?? before)?.name ?? '');
  if (more.length > 0) return nameForms(['change', ...table]);
  if (!before) return nameForms(['add', ...column, 'to', ...table]);
  if (!after) return nameForms(['drop', ...column, 'from', ...table]);
  const verb = columnOf(before) === columnOf(after) ? 'change' : 'rename';
  return nameForms([verb, ...splitWords(before.name), 'of', ...table]);
}

function report(
  { packageManager }: TenantApp,
  migration: RenderedMigration,
  merged: MergedFiles,
  { changes, warnings }: Registered,
): Report {
  const isWritten = migration.written.size + migration.code.size > 0;
  const change = {
    command: runScript(packageManager, 'migrate'),
    purpose: 'changes the table of every tenant',
  };
  const generate = {
    command: runScript(packageManager, 'migration:generate'),
    purpose: 'writes the migration',
  };
  return {
    changes,
    notes: mergeNotes(merged),
    open: openConflicts(merged),
    warnings: [
      ...warnings,
      ...(isWritten
        ? []
        : [
            'No migration was written, because none of those that are there makes the table as it is generated.',
          ]),
    ],
    next: isWritten ? [change] : [generate, change],
  };
}
