import type { NameForms, ResourceNames } from '../../names';
import { type RenderedFiles, renderFolder } from '../../render';
import type { Orm } from '../../../utility/project';
import type { ResourceField } from '../field';
import { type BarrelExport, DEFAULT_MIGRATIONS, type ExistingMigrations } from '../types';
import type { DrizzleMigration } from './drizzle-journal';
import {
  drizzleAlteration,
  drizzleMigration,
  drizzleRemoval,
  emptyDrizzleMigration,
} from './drizzle-migration';
import type { FieldChange } from './field-change';
import {
  emptyTypeormMigration,
  typeormAlteration,
  typeormMigration,
  typeormRemoval,
  type TypeormMigrationView,
} from './typeorm-migration';

/** A migration that is written behind those that are there; without files where none is needed, or possible. */
export interface RenderedMigration {
  /** Source, to be formatted. */
  readonly code: RenderedFiles;
  /** To be written as it is. */
  readonly written: RenderedFiles;
  /** New text of files that may exist already and belong to the tool. */
  readonly journal: RenderedFiles;
  readonly exports: readonly BarrelExport[];
}

/** The migration that creates the table of a resource. */
export function renderCreation(
  orm: Orm,
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): RenderedMigration {
  return orm === 'drizzle'
    ? ofDrizzle(drizzleMigration(names, fields, existing))
    : ofTypeorm(typeormMigration(names, fields, existing), existing);
}

/** The migration that changes fields of a resource. */
export function renderAlteration(
  orm: Orm,
  names: ResourceNames,
  changes: readonly FieldChange[],
  name: NameForms,
  existing: ExistingMigrations,
): RenderedMigration {
  return orm === 'drizzle'
    ? ofDrizzle(drizzleAlteration(names, changes, name.snake, existing))
    : ofTypeorm(typeormAlteration(names, changes, name, existing), existing);
}

/** The migration that drops the table of a resource. */
export function renderRemoval(
  orm: Orm,
  names: ResourceNames,
  fields: readonly ResourceField[],
  existing: ExistingMigrations,
): RenderedMigration {
  return orm === 'drizzle'
    ? ofDrizzle(drizzleRemoval(names, existing))
    : ofTypeorm(typeormRemoval(names, fields, existing), existing);
}

/** A migration that does nothing yet. */
export function renderEmptyMigration(
  orm: Orm,
  name: NameForms,
  existing: ExistingMigrations,
): RenderedMigration {
  return orm === 'drizzle'
    ? ofDrizzle(emptyDrizzleMigration(name.snake, existing))
    : ofTypeorm(emptyTypeormMigration(name, existing), existing);
}

function ofDrizzle({ migration, journal }: DrizzleMigration): RenderedMigration {
  return { code: new Map(), written: migration, journal, exports: [] };
}

function ofTypeorm(
  migration: TypeormMigrationView | undefined,
  { place }: ExistingMigrations,
): RenderedMigration {
  const none = { code: new Map(), written: new Map(), journal: new Map(), exports: [] };
  if (!migration) return none;
  const { directory, barrel = 'index.ts' } = place ?? { directory: DEFAULT_MIGRATIONS.typeorm };
  const code = new Map(
    [...renderFolder('resource/typeorm-migration', migration)].map(([path, text]) => [
      path.replace(DEFAULT_MIGRATIONS.typeorm, directory),
      text,
    ]),
  );
  const [file = ''] = code.keys();
  return {
    ...none,
    code,
    exports: [{ barrel: `${directory}/${barrel}`, file, symbol: migration.className }],
  };
}
