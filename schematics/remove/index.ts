import { SchematicsException, type Rule, type Tree } from '@angular-devkit/schematics';
import { projectFormat } from '../rendering/format';
import { resourceNames } from '../rendering/names';
import { recordPath } from '../rendering/record';
import {
  renderRemoval,
  type RenderedMigration,
  type ResourceRegistrations,
} from '../rendering/resource';
import { generateResource } from '../resource/generate';
import { migrationPlace } from '../resource/migration-place';
import { readMigrations } from '../resource/read-migrations';
import { readAllRecorded, type RecordedResource, requireRecorded } from '../resource/recorded';
import { type Registered, unregisterResource } from '../resource/register';
import { foreignNames, ownBase } from '../resource/resource-files';
import { writeMigration } from '../resource/write-migration';
import { basePath, requireBase } from '../tree/base';
import type { Moves } from '../tree/moved-files';
import { removeFiles, type RemovedFiles } from '../tree/remove-files';
import { confirmRisks } from '../utility/confirm';
import { assertKnownOptions } from '../utility/options';
import { readTenantApp, type TenantApp } from '../utility/project';
import { printReport, type Report } from '../utility/report';
import { runScript } from '../utility/run-script';
import type { RemoveOptions } from './schema';

const OPTIONS = ['name', 'yes', 'migrations', 'prefix'];

/** Removes a resource: its files as far as nobody has edited them, its registrations, and by a migration its table. */
export function remove(options: RemoveOptions): Rule {
  return async (tree, context) => {
    assertKnownOptions(options, OPTIONS);
    const app = readTenantApp(tree);
    const resource = requireRecorded(tree, resourceNames(options.name));
    const { names } = resource;
    const base = requireBase(tree, basePath(names));
    assertNotReferred(tree, resource);
    const place = await migrationPlace(tree, app.orm, options);
    await confirmRisks(
      [`${names.plural.snake}: the table is dropped, with all rows of every tenant`],
      options.yes,
    );

    const format = projectFormat(tree);
    const { registrations } = await generateResource(tree, app, resource, place, format);
    const removed = await removeFiles(tree, ownBase(base), format);
    const unregistered = await unregisterResource(
      tree,
      movedRegistrations(registrations, removed.moves),
      format,
    );
    tree.delete(basePath(names));
    tree.delete(recordPath(names));
    const migration =
      app.orm === 'typeorm' && foreignNames(tree) !== undefined
        ? undefined
        : renderRemoval(app.orm, names, resource.fields, {
            files: readMigrations(tree, app.orm, place.directory),
            place,
            now: Date.now(),
          });
    const registered = migration ? [await writeMigration(tree, migration, format)] : [];
    printReport(context.logger, report(app, migration, removed, [unregistered, ...registered]));
  };
}

/** What is registered, by where the team has moved it. */
function movedRegistrations(
  { module, exports }: ResourceRegistrations,
  moves: Moves,
): ResourceRegistrations {
  const placeOf = (file: string): string => moves.get(file) ?? file;
  return {
    module: { ...module, file: placeOf(module.file) },
    exports: exports.map((item) => ({ ...item, file: placeOf(item.file) })),
  };
}

/** @throws SchematicsException where rows of others would refer to nothing */
function assertNotReferred(tree: Tree, { names }: RecordedResource): void {
  const target = names.plural.kebab;
  const referring = readAllRecorded(tree)
    .filter((other) => other.names.plural.kebab !== target)
    .flatMap((other) =>
      other.fields
        .filter(({ type, args }) => type === 'ref' && args[0] === target)
        .map(({ name }) => [other.names.plural.kebab, name] as const),
    );
  const [[resource, field] = []] = referring;
  if (resource === undefined) return;
  const list = referring.map(([of, name]) => `${of}.${name}`).join(', ');
  throw new SchematicsException(
    `${list} ${referring.length === 1 ? 'refers' : 'refer'} to ${target}, so nothing was written: drop that first, for example with "nest g @mt/schematics:field ${resource} --drop=${field}".`,
  );
}

function report(
  { packageManager }: TenantApp,
  migration: RenderedMigration | undefined,
  { edited }: RemovedFiles,
  registered: readonly Registered[],
): Report {
  const isWritten = migration !== undefined && migration.written.size + migration.code.size > 0;
  const migrate = {
    command: runScript(packageManager, 'migrate'),
    purpose: 'drops the table of every tenant',
  };
  const generate = {
    command: runScript(packageManager, 'migration:generate'),
    purpose: 'writes the migration',
  };
  return {
    changes: registered.flatMap(({ changes }) => changes),
    warnings: [
      ...edited.map((path) => `${path} has your changes, and was left: delete it, or keep it.`),
      ...registered.flatMap(({ warnings }) => warnings),
    ],
    next: isWritten ? [migrate] : [generate, migrate],
  };
}
