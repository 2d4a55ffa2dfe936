import type { ResourceNames } from '../names';
import type { Orm } from '../../utility/project';
import type { RenderedFiles } from '../render';
import type { ResourceField } from './field';
import type { Targets } from './targets';

/** How drizzle-kit begins the names of migrations. */
export const DRIZZLE_PREFIXES = ['index', 'timestamp', 'unix', 'supabase', 'none'] as const;
export type DrizzlePrefix = (typeof DRIZZLE_PREFIXES)[number];

/** The schema that the runtime replaces with the tenant's. */
export const MARKER = '$tenant';

/** Where a new application keeps its migrations. */
export const DEFAULT_MIGRATIONS: Readonly<Record<Orm, string>> = {
  drizzle: 'migrations',
  typeorm: 'src/database/migrations',
};

/** Where migrations are kept, relative to the project. */
export interface MigrationPlace {
  readonly directory: string;
  /** Drizzle. Default `index`. */
  readonly prefix?: DrizzlePrefix;
  /** TypeORM: the file in that folder which exports the classes. Default `index.ts`. */
  readonly barrel?: string;
}

/** The migrations that the project already has, which the new one continues. */
export interface ExistingMigrations {
  /**
   * Project-relative path → text. Drizzle: everything under `migrations/meta/`; TypeORM: everything under
   * `src/database/migrations/`. Empty for a new application.
   */
  readonly files: RenderedFiles;
  /** Default: where a new application has them. */
  readonly place?: MigrationPlace;
  /**
   * Milliseconds since 1970 for the new migration, moved behind the last one where needed. Pass the clock for a
   * resource that a person adds, and a constant for the first one of an application, which must render the same again.
   */
  readonly now: number;
}

export interface ResourceInput {
  readonly names: ResourceNames;
  readonly fields: readonly ResourceField[];
  readonly orm: Orm;
  /** What its fields refer to. Default: nothing. */
  readonly targets?: Targets;
  readonly migrations: ExistingMigrations;
}

/** What has to be said elsewhere in the application for the resource to exist. Paths are relative to the project. */
export interface ResourceRegistrations {
  /** For the `imports` of `src/app.module.ts`: class and the file that exports it. */
  readonly module: { readonly symbol: string; readonly file: string };
  /** Lines for barrels. Drizzle: the table; TypeORM: the entity, and the migration where there is a new one. */
  readonly exports: readonly BarrelExport[];
}

export interface BarrelExport {
  /** e.g. `src/database/schema.ts` */
  readonly barrel: string;
  /** The file to export from, e.g. `src/invoices/invoices.table.ts` */
  readonly file: string;
  /** Exported by name when given, with `*` otherwise. */
  readonly symbol?: string;
}

export interface RenderedResource {
  /** Sources and tests, TypeORM's migration class among them; not formatted yet: pass them to `formatFiles`. */
  readonly code: RenderedFiles;
  /** Drizzle's SQL and snapshot, to be written as they are; none when the table is migrated already. */
  readonly migration: RenderedFiles;
  /** New text of files that may exist already and belong to the tool (Drizzle's `_journal.json`). */
  readonly journal: RenderedFiles;
  /** Which of all these files are migrations. */
  readonly migrations: ReadonlySet<string>;
  readonly registrations: ResourceRegistrations;
}
