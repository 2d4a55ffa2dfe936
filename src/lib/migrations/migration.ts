import type { SqlSession } from '../connections/sql-session.js';
import type { Tenant } from '../tenant/tenant.js';

/**
 * The transaction in which a migration and its row in the ledger are written. `"$tenant"` stands for
 * the tenant's schema in its statements; a shared migration has none.
 */
export type MigrationSession = SqlSession;

/** One step of the tenants' schema, or of what they share. */
export interface Migration<TSession extends MigrationSession = MigrationSession> {
  /** Unique, and never changed once it was applied: the ledger knows it by this name. */
  readonly name: string;
  /** Changes when the migration is edited; undefined where that cannot be told. */
  readonly checksum: string | undefined;
  /**
   * Whether it is applied once, to the schemas that tenants share, and not to each tenant. All of these
   * are applied before the tenants' own. Default false.
   */
  readonly shared?: boolean;
  up(session: TSession): Promise<void>;
}

/** Where migrations come from, and what they run on: SQL files, or an ORM's classes. */
export interface MigrationSource<TSession extends MigrationSession = MigrationSession> {
  /** All of them, in the order in which they are applied. */
  load(): Promise<readonly Migration<TSession>[]>;
  /**
   * Runs the work in one transaction on the tenant's database, with the tenant's schema as its search
   * path, and rolls it back if it fails. There is one for each migration.
   *
   * @param tenant undefined for a shared migration: names are found in the shared schemas
   */
  transaction<T>(tenant: Tenant | undefined, work: (session: TSession) => Promise<T>): Promise<T>;
}
