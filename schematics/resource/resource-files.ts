import type { Tree } from '@angular-devkit/schematics';
import type { RenderedFiles } from '../rendering/render';
import {
  isOfSomeTypes,
  type RenderedResource,
  type ResourceRegistrations,
} from '../rendering/resource';
import { readSource, sameText } from '../tree/text-style';

/** The files of a resource, sorted by what happens to one that is there already. */
export interface ResourceFiles {
  /** Used by all resources; what was generated of them is kept with the application. */
  readonly shared: RenderedFiles;
  /** The resource's, and what it has in `src/common` because of the types of its fields. */
  readonly own: RenderedFiles;
  /** Written once, whatever is generated later. */
  readonly migrations: RenderedFiles;
  /** Belongs to the migration tool and is continued. */
  readonly journal: RenderedFiles;
  readonly registrations: ResourceRegistrations;
  /** Whether a migration is among the files. */
  readonly migrates: boolean;
  /** Why there is no migration, when somebody else decides what would be in it. */
  readonly unmigrated?: string;
}

/** What all resources use. */
export const SHARED = 'src/common/';

export function resourceFiles(
  tree: Tree,
  { migration, journal, registrations, migrations }: RenderedResource,
  code: RenderedFiles,
): ResourceFiles {
  const all = new Map([...code, ...migration]);
  const shared = filter(all, isShared);
  const own = filter(all, (path) => !isShared(path) && !migrations.has(path));
  const written = filter(all, (path) => migrations.has(path));
  const migrates = migrations.size > 0;

  const unmigrated = migrates
    ? (foreignTable(tree, registrations, migrations, code) ??
      (isTypeorm(registrations, migrations) ? foreignNames(tree) : undefined))
    : undefined;
  if (unmigrated === undefined) {
    return { shared, own, migrations: written, journal, registrations, migrates };
  }

  // A migration of what we would have declared is not one of what is declared.
  return {
    shared,
    own,
    migrations: new Map(),
    journal: new Map(),
    registrations: {
      ...registrations,
      exports: registrations.exports.filter(({ file }) => !migrations.has(file)),
    },
    migrates: false,
    unmigrated,
  };
}

/** What says how TypeORM names tables, columns and constraints, if anything but its defaults. */
const NAMES = 'src/database/typeorm-options.ts';
const DEFAULT_NAMES = /typeormOptions\b[^=]*=\s*\{\s*\}/;

/** What decides how TypeORM names tables and columns, where that is not what it does by itself. */
export function foreignNames(tree: Tree): string | undefined {
  if (!tree.exists(NAMES)) return undefined;
  return DEFAULT_NAMES.test(readSource(tree, NAMES)) ? undefined : `${NAMES} decides names`;
}

/** TypeORM's migrations are exported. */
function isTypeorm({ exports }: ResourceRegistrations, migrations: ReadonlySet<string>): boolean {
  return exports.some(({ file }) => migrations.has(file));
}

/** The file that declares the table, when it exists with other content. */
function foreignTable(
  tree: Tree,
  { exports }: ResourceRegistrations,
  migrations: ReadonlySet<string>,
  code: RenderedFiles,
): string | undefined {
  const declaration = exports.find(({ file }) => !migrations.has(file))?.file;
  if (declaration === undefined || !tree.exists(declaration)) return undefined;
  return sameText(readSource(tree, declaration), code.get(declaration) ?? '')
    ? undefined
    : `${declaration} was there before`;
}

/** Without what others may still use: a file of `src/common` is not deleted with the last field that one of them had for it. */
export function ownBase(base: RenderedFiles, theirs: RenderedFiles = new Map()): RenderedFiles {
  return filter(base, (path) => theirs.has(path) || !path.startsWith(SHARED));
}

function isShared(path: string): boolean {
  return path.startsWith(SHARED) && !isOfSomeTypes(path);
}

function filter(files: RenderedFiles, wanted: (path: string) => boolean): RenderedFiles {
  return new Map([...files].filter(([path]) => wanted(path)));
}
