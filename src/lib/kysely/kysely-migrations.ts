import { Kysely, PostgresDialect, type KyselyConfig, type PostgresPool } from 'kysely';
import type { ConnectionManager } from '../connections/connection-manager.js';
import type { Migration, MigrationSession, MigrationSource } from '../migrations/migration.js';
import { tenantTransaction, type TenantSession } from '../migrations/tenant-transaction.js';

interface KyselySession extends MigrationSession {
  readonly db: Kysely<unknown>;
}

interface KyselyMigration {
  up(db: Kysely<unknown>): Promise<void>;
  /** Whether it is applied once, to the schemas that tenants share. Default false. */
  readonly shared?: boolean;
}

type KyselyMigrations = Readonly<Record<string, KyselyMigration>>;

/** A MigrationProvider of Kysely, whose type is in another place since 0.29. */
export interface KyselyMigrationProvider {
  getMigrations(): Promise<KyselyMigrations>;
}

/** What the application gives its own Kysely, where migrations rely on it. */
export type KyselyMigrationsOptions = Pick<KyselyConfig, 'plugins' | 'log'>;

/**
 * Migrations written for Kysely, from any provider of its own, for example its
 * FileMigrationProvider. They are applied in the order of their names, as Kysely's Migrator does it;
 * that one knows one database and nothing of tenants, and is refused for them.
 *
 * What they name without a schema is the tenant's; `"$tenant"` stands for its schema. One that exports
 * `shared = true` is applied once, to the schemas that tenants share, before all others.
 *
 * @example
 * ```ts
 * const provider = new FileMigrationProvider({ fs, path, migrationFolder });
 * const migrator = new Migrator(connections, registry, kyselyMigrations(connections, provider));
 * await migrator.migrate();
 * ```
 */
export function kyselyMigrations(
  connections: ConnectionManager,
  provider: KyselyMigrationProvider,
  options: KyselyMigrationsOptions = {},
): MigrationSource<KyselySession> {
  return {
    load: async () => inOrder(await provider.getMigrations()),
    transaction: (tenant, work) =>
      tenantTransaction(connections, tenant, (session) =>
        work({ ...session, db: kyselyOver(session, options) }),
      ),
  };
}

/** A function has no text that survives compilation unchanged, so an edit cannot be told. */
function inOrder(migrations: KyselyMigrations): Migration<KyselySession>[] {
  return Object.entries(migrations)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, migration]) => ({
      name,
      checksum: undefined,
      shared: migration.shared === true,
      up: ({ db }) => migration.up(db),
    }));
}

/** Every connection of this one is that of the transaction, which is not its own to end. */
function kyselyOver(session: TenantSession, options: KyselyMigrationsOptions): Kysely<unknown> {
  const pool = {
    connect: () =>
      Promise.resolve({
        query: (text: string, values: readonly unknown[]) => session.query(text, [...values]),
        release: () => undefined,
      }),
    end: () => Promise.resolve(),
    options: {},
  };
  return new Kysely({
    ...options,
    dialect: new PostgresDialect({ pool: pool as unknown as PostgresPool }),
  });
}
