import { SchematicsException, type Rule, type Tree } from '@angular-devkit/schematics';
import { type FormatConfig, projectFormat } from '../rendering/format';
import { type ResourceNames, resourceNames } from '../rendering/names';
import { assertKnownOptions, parseChoice } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { type NextStep, printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import {
  DEFAULT_FIELDS,
  type FieldScope,
  parseFields,
  printField,
  type ResourceField,
  sentFields,
} from '../rendering/resource';
import { readBase, writeBase } from '../tree/base';
import {
  CONFLICT_STYLES,
  type ConflictStyle,
  type MergedFiles,
  mergeIntoTree,
} from '../tree/merge-tree';
import { mergeNotes, openConflicts } from '../tree/merge-notes';
import { writeFiles } from '../tree/write';
import { readChoices } from './choices';
import { generateResource } from './generate';
import { migrationPlace } from './migration-place';
import { readRecorded, recordedFolder, recordOf, type RecordedResource } from './recorded';
import { referenceScope } from './references';
import { type Registered, registerResource } from './register';
import { ownBase, type ResourceFiles, SHARED } from './resource-files';
import type { ResourceOptions } from './schema';

const OPTIONS = [
  'name',
  'fields',
  'timestamps',
  'softDelete',
  'versioned',
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
    const names = resourceNames(options.name, options);
    const wanted = wantedResource(tree, names, options);
    const place = await migrationPlace(tree, app.orm, options);
    const format = projectFormat(tree);
    const files = await generateResource(tree, app, wanted, place, format);

    const style = parseChoice('conflicts', options.conflicts ?? 'refuse', CONFLICT_STYLES);
    const written = await write(tree, names, files, format, style);
    record(tree, wanted, written.isNew);
    const { register } = wanted.choices;
    const registered = await registerResource(tree, files.registrations, format, register);
    printReport(context.logger, report(app, files, written, registered));
  };
}

/**
 * What is to be generated: what was before, where it was, and what the options say now.
 *
 * @throws SchematicsException for another place than it has
 */
function wantedResource(
  tree: Tree,
  names: ResourceNames,
  options: ResourceOptions,
): RecordedResource {
  const choices = readChoices(tree, options);
  const before = readRecorded(tree, names);
  const fields = wantedFields(
    options,
    referenceScope(tree, before?.names ?? names),
    before?.fields,
  );
  if (!before) return { names, fields: fields ?? DEFAULT_FIELDS, choices };
  if (fields && textOf(fields) !== textOf(before.fields)) {
    throw new SchematicsException(
      `The resource ${names.plural.kebab} is there already, with the fields "${textOf(before.fields)}": leave out what asks for others, or change them with "nest g @mt/schematics:field ${names.plural.kebab}".`,
    );
  }
  const { base, flat } = before.choices;
  // The stock CLI passes --flat whether it was asked for or not.
  if (options.path && choices.base !== base) {
    throw new SchematicsException(
      `The resource ${names.plural.kebab} is in ${recordedFolder(before)} already: leave --path out.`,
    );
  }
  return { ...before, choices: { ...choices, base, flat } };
}

/** Fields that have switches of their own. */
const SWITCHES = {
  timestamps: 'createdAt:created updatedAt:updated',
  softDelete: 'deletedAt:deleted',
  versioned: 'version:version',
} as const;

/** @returns undefined where nothing is said of them */
function wantedFields(
  options: ResourceOptions,
  scope: FieldScope,
  before: readonly ResourceField[] | undefined,
): readonly ResourceField[] | undefined {
  const given = fieldsGiven(options.fields, scope);
  const switched = Object.entries(SWITCHES).flatMap(([name, text]) =>
    options[name as keyof typeof SWITCHES] ? parseFields(text, name) : [],
  );
  if (switched.length === 0) return given;
  const fields = given ?? before ?? DEFAULT_FIELDS;
  const isThere = ({ name }: ResourceField): boolean => fields.some((field) => field.name === name);
  return [...fields, ...switched.filter((field) => !isThere(field))];
}

function fieldsGiven(given: unknown, scope: FieldScope): readonly ResourceField[] | undefined {
  if (given === undefined) return undefined;
  const fields = typeof given === 'string' ? parseFields(given, '--fields', scope) : [];
  if (sentFields(fields).length > 0) return fields;
  throw new SchematicsException(
    'The fields are missing: give one or more, for example --fields="number:string(32):unique dueOn:date?".',
  );
}

function textOf(fields: readonly ResourceField[]): string {
  return fields.map(printField).join(' ');
}

/** Of what was generated when something of it last changed, and by which version. */
function record(tree: Tree, wanted: RecordedResource, isNew: boolean): void {
  const [path, text] = recordOf(wanted);
  if (!isNew && tree.exists(path)) return;
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
  const merged = base && (await mergeIntoTree(tree, ownBase(base, own), own, format, style));
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
    // A team that has changed what all resources use need not be told each time.
    ...kept
      .filter((path) => !path.startsWith(SHARED))
      .map((path) => `${path} is not as it would be generated, and was left alone.`),
    ...(merged ? mergeNotes(merged) : []),
  ];
  const open = merged ? openConflicts(merged) : [];
  if (unmigrated === undefined) {
    return { changes, notes, warnings, open, next: migrates ? [migrate] : [] };
  }
  return {
    changes,
    notes,
    open,
    warnings: [...warnings, `${unmigrated}, so no migration was written.`],
    next: [generate, migrate],
  };
}
