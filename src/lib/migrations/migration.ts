import type { Tenant } from '../tenant/tenant.js';

/** The transaction in which a migration and its row in the ledger are written. */
export interface MigrationSession {
  /** Sends one statement. `"$tenant"` stands for the tenant's schema. */
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
}

/** One step of the tenants' schema. */
export interface Migration<TSession extends MigrationSession = MigrationSession> {
  /** Unique, and never changed once it was applied: the ledger knows it by this name. */
  readonly name: string;
  /** Changes when the migration is edited; undefined where that cannot be told. */
  readonly checksum: string | undefined;
  up(session: TSession): Promise<void>;
}

/** Where migrations come from, and what they run on: SQL files, or an ORM's classes. */
export interface MigrationSource<TSession extends MigrationSession = MigrationSession> {
  /** All of them, in the order in which they are applied. */
  load(): Promise<readonly Migration<TSession>[]>;
  /**
   * Runs the work in one transaction on the tenant's database, with the tenant's schema as its search
   * path, and rolls it back if it fails. There is one for each migration.
   */
  transaction<T>(tenant: Tenant, work: (session: TSession) => Promise<T>): Promise<T>;
}
