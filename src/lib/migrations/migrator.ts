import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { WaitAborted } from '../poll.js';
import type { ControlTables } from '../registry/control-schema.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';
import { applicationRole } from '../roles/application-role.js';
import { setUpTenantRole } from '../roles/tenant-role.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import { applyMigrations, type ApplyOptions } from './apply.js';
import { MigrationHistory, type AcceptedMigration } from './history.js';
import { MigrationLedger, type PendingTenant } from './ledger.js';
import {
  parseMigrateOptions,
  parseMigratorOptions,
  type MigrateOptions,
  type MigratorOptions,
  type ResolvedMigrateOptions,
} from './migrate-options.js';
import { MigrationRun, type MigrationReport, type RunCounts } from './migration-run.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';
import { provision } from './provision.js';
import { withRunLock } from './run-lock.js';
import { tenantTarget } from './target.js';

/**
 * Brings tenants up to date. Each migration of a tenant is one transaction together with its row in
 * the ledger: killed at any point, no migration is half applied, and the next run goes on from there.
 */
export class Migrator<TSession extends MigrationSession = MigrationSession> {
  readonly #connections: ConnectionManager;
  readonly #tables: ControlTables;
  readonly #source: MigrationSource<TSession>;
  readonly #ledger: MigrationLedger;
  readonly #history: MigrationHistory;
  readonly #defaults: Required<MigratorOptions>;

  /** @throws ConfigurationError */
  constructor(
    connections: ConnectionManager,
    registry: TenantRegistry,
    source: MigrationSource<TSession>,
    options: MigratorOptions = {},
  ) {
    this.#connections = connections;
    this.#tables = registry.tables;
    this.#source = source;
    this.#ledger = new MigrationLedger(connections, registry.tables);
    this.#history = new MigrationHistory(connections, registry.tables, this.#ledger);
    this.#defaults = parseMigratorOptions(options);
  }

  /**
   * Migrates every tenant that lacks a migration. Two runs at once, of two deployments for example,
   * wait for each other.
   *
   * The first tenant goes alone: a migration that cannot work fails there, and not in several
   * tenants at the same time.
   *
   * @example
   * ```ts
   * const { failed, remaining } = await migrator.migrate({ continueOnError: true });
   * for (const { tenant, error } of failed) console.error(tenant.slug, error.message);
   * process.exitCode = remaining > 0 ? 1 : 0;
   * ```
   * @returns the report; failed tenants are in it, and are not thrown
   * @throws MigrationChangedError, MigrationMissingError, ConfigurationError
   */
  async migrate(options: MigrateOptions = {}): Promise<MigrationReport> {
    const resolved = parseMigrateOptions(options, this.#defaults);
    const migrations = await this.#load();
    try {
      return await withRunLock(this.#connections, this.#tables, resolved, () =>
        this.#run(migrations, resolved),
      );
    } catch (error) {
      if (!(error instanceof WaitAborted)) throw error;
      const total = await this.#ledger.countPending(migrations);
      return this.#report({ total, migrated: 0, applied: 0, failed: [] }, migrations);
    }
  }

  async #run(
    migrations: readonly Migration<TSession>[],
    options: ResolvedMigrateOptions,
  ): Promise<MigrationReport> {
    const accepted = await this.#history.accept(options, migrations);
    const missing = await this.#history.verify(migrations);
    const total = await this.#ledger.countPending(migrations);
    if (total > 0) await this.#history.refuseMissing(missing, migrations);
    const run = new MigrationRun(total, options, (tenant, onApplied) =>
      this.#apply(tenant, migrations, { signal: options.signal, onApplied }),
    );
    const workers = Math.min(options.concurrency, this.#connections.maxAdminConnections);
    await run.over(this.#ledger.pending(migrations), workers);
    return this.#report(run.counts, migrations, missing, accepted);
  }

  async #report(
    counts: RunCounts,
    migrations: readonly Migration[],
    missing: readonly string[] = [],
    accepted: readonly AcceptedMigration[] = [],
  ): Promise<MigrationReport> {
    const remaining = await this.#ledger.countPending(migrations);
    return { ...counts, remaining, missing, accepted };
  }

  /**
   * Applies to one tenant what it lacks, and returns the names.
   *
   * @throws MigrationFailedError, MigrationChangedError, MigrationMissingError, TenantNotFoundError
   */
  async migrateTenant(tenant: Tenant): Promise<string[]> {
    const migrations = await this.#load();
    const missing = await this.#history.verify(migrations);
    const pending = await this.#ledger.lackedBy(tenantTarget(this.#source, tenant), migrations);
    if (pending.length > 0) await this.#history.refuseMissing(missing, migrations);
    const applied: string[] = [];
    await this.#apply(tenant, pending, { onApplied: (name) => applied.push(name) });
    return applied;
  }

  /**
   * Creates the schema and the role of a tenant that is in status `provisioning`, applies every
   * migration, and in one last transaction calls `finish` with its session. Each step is kept by
   * itself: where one fails, a further call goes on there.
   *
   * @throws TenantExistsError where the schema is there already, TenantNotFoundError where the tenant
   *   was deleted meanwhile, MigrationFailedError, MigrationChangedError, ConfigurationError
   */
  async provision<T>(tenant: Tenant, finish: (session: TSession) => Promise<T>): Promise<T> {
    const migrations = await this.#load();
    const application = await applicationRole(this.#connections);
    const target = tenantTarget(this.#source, tenant);
    return provision({ tenant, target, ledger: this.#ledger, migrations, application }, finish);
  }

  /**
   * Creates the tenant's role where it has none, and gives it its rights on the schema as it is now
   * and will be. Doing it again does no harm.
   *
   * @throws ConfigurationError where the admin login lacks a right for it
   */
  async setUpRole(tenant: Tenant): Promise<void> {
    const application = await applicationRole(this.#connections);
    await this.#source.transaction(tenant, async (session) => {
      // One at a time: the server fails the second one that grants the same.
      await session.query(`select from ${this.#tables.tenants} where id = $1 for no key update`, [
        tenant.id,
      ]);
      await setUpTenantRole(session, tenant, application);
    });
  }

  /** The tenants that lack a migration, and what they lack. */
  async status(): Promise<PendingTenant[]> {
    const behind: PendingTenant[] = [];
    for await (const tenant of this.#ledger.pending(await this.#load())) behind.push(tenant);
    return behind;
  }

  #apply(
    tenant: Tenant,
    migrations: readonly Migration<TSession>[],
    options: ApplyOptions,
  ): Promise<void> {
    return applyMigrations(tenantTarget(this.#source, tenant), this.#ledger, migrations, options);
  }

  async #load(): Promise<readonly Migration<TSession>[]> {
    const migrations = await this.#source.load();
    const names = [TENANT_MARKER, ...migrations.map(({ name }) => name)];
    const doubled = names.filter((name, index) => names.indexOf(name) < index);
    if (doubled.length > 0) {
      throw new ConfigurationError(`Two migrations have the same name: ${doubled.join(', ')}.`, {
        remedy: 'Rename the newer one.',
      });
    }
    return migrations;
  }
}
