import { SchematicsException, type Rule } from '@angular-devkit/schematics';
import { projectFormat } from '../rendering/format';
import { type NameForms, nameForms, splitWords } from '../rendering/names';
import { renderEmptyMigration } from '../rendering/resource';
import { migrationPlace } from '../resource/migration-place';
import { readMigrations } from '../resource/read-migrations';
import { writeMigration } from '../resource/write-migration';
import { assertKnownOptions, show } from '../utility/options';
import { readTenantApp } from '../utility/project';
import { printReport } from '../utility/report';
import { runScript } from '../utility/run-script';
import type { MigrationOptions } from './schema';

const OPTIONS = ['name', 'migrations', 'prefix'];

/** Adds an empty migration, for what no generator knows: values that are moved, filled or mended. */
export function migration(options: MigrationOptions): Rule {
  return async (tree, context) => {
    assertKnownOptions(options, OPTIONS);
    const name = migrationName(options.name);
    const { orm, packageManager } = readTenantApp(tree);
    const place = await migrationPlace(tree, orm, options);
    const rendered = renderEmptyMigration(orm, name, {
      files: readMigrations(tree, orm, place.directory),
      place,
      now: Date.now(),
    });
    const { changes, warnings } = await writeMigration(tree, rendered, projectFormat(tree));
    const [file = ''] = [...rendered.code.keys(), ...rendered.written.keys()];
    printReport(context.logger, {
      changes,
      warnings,
      notes: [`${file} is empty: write what it does.`],
      next: [
        {
          command: runScript(packageManager, 'migrate'),
          purpose: 'applies it to every tenant, in a transaction each',
        },
      ],
    });
  };
}

/** Short enough for the name of a file, and a class. */
const NAME = /^[A-Za-z][\w -]{0,99}$/;

function migrationName(given: unknown): NameForms {
  if (typeof given === 'string' && NAME.test(given)) return nameForms(splitWords(given));
  throw new SchematicsException(
    `${show(given)} is no name of a migration: say what it does by letters, digits and "-", for example fill-totals.`,
  );
}
