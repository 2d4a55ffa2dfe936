import type { ConnectionManager } from '../connections/connection-manager.js';
import { ConfigurationError } from '../errors.js';
import { WaitAborted } from '../poll.js';
import type { ControlDatabase } from '../registry/control-database.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import { applyMigration, applyMigrations, type ApplyOptions } from './apply.js';
import { MigrationHistory, requireUnchanged } from './history.js';
import { MigrationLedger, type PendingTenant } from './ledger.js';
import {
  parseMigrateOptions,
  parseMigratorOptions,
  type MigrateOptions,
  type MigratorOptions,
  type ResolvedMigrateOptions,
} from './migrate-options.js';
import { MigrationRun } from './migration-run.js';
import type { MigrationReport, RunCounts } from './migration-report.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';
import { withRunLock } from './run-lock.js';
import { SharedSchemas } from './shared-schemas.js';
import { sharedTarget, tenantTarget, type MigrationTarget } from './target.js';

/**
 * Brings tenants up to date. Each migration of a tenant is one transaction together with its row in
 * the ledger: killed at any point, no migration is half applied, and the next run goes on from there.
 */
export class Migrator<TSession extends MigrationSession = MigrationSession> {
  readonly #connections: ConnectionManager;
  readonly #control: ControlDatabase;
  readonly #source: MigrationSource<TSession>;
  readonly #sharedTarget: MigrationTarget<TSession>;
  readonly #ledger: MigrationLedger;
  readonly #history: MigrationHistory;
  readonly #shared: SharedSchemas;
  readonly #defaults: Required<MigratorOptions>;

  /** @throws ConfigurationError */
  constructor(
    connections: ConnectionManager,
    registry: TenantRegistry,
    source: MigrationSource<TSession>,
    options: MigratorOptions = {},
  ) {
    this.#connections = connections;
    this.#control = registry.control;
    this.#source = source;
    this.#sharedTarget = sharedTarget(source);
    this.#ledger = new MigrationLedger(registry.control);
    this.#history = new MigrationHistory(registry.control, this.#ledger);
    this.#shared = new SharedSchemas(registry.control);
    this.#defaults = parseMigratorOptions(options);
  }

  /**
   * Applies the shared migrations, and then migrates every tenant that lacks one. Two runs at once, of two deployments for example,
   * wait for each other.
   *
   * The first tenant goes alone: a migration that cannot work fails there, and not in several
   * tenants at the same time.
   *
   * @example
   * ```ts
   * const report = await migrator.migrate({ continueOnError: true });
   * for (const { tenant, error } of report.failed) console.error(tenant.slug, error.message);
   * process.exitCode = isComplete(report) ? 0 : 1;
   * ```
   * @returns the report; failed tenants are in it, and are not thrown
   * @throws MigrationFailedError where a shared migration fails, before any tenant is migrated;
   *   MigrationChangedError, MigrationMissingError, ConfigurationError
   */
  async migrate(options: MigrateOptions = {}): Promise<MigrationReport> {
    const resolved = parseMigrateOptions(options, this.#defaults);
    const migrations = await this.#load();
    try {
      return await withRunLock(this.#control, resolved, () => this.#run(migrations, resolved));
    } catch (error) {
      if (!(error instanceof WaitAborted)) throw error;
      const total = await this.#ledger.countPending(migrations.own);
      return this.#report(migrations, { total, migrated: 0, applied: 0, failed: [] });
    }
  }

  async #run(
    migrations: Loaded<TSession>,
    options: ResolvedMigrateOptions,
  ): Promise<MigrationReport> {
    const accepted = await this.#history.accept(options, migrations.all);
    const missing = await this.#history.verify(migrations.all);
    const lacking = await this.#ledger.lackedBy(this.#sharedTarget, migrations.shared);
    const total = await this.#ledger.countPending(migrations.own);
    if (total + lacking.length > 0) await this.#history.refuseMissing(missing, migrations.all);
    const applied: string[] = [];
    if (!options.signal?.aborted) {
      await this.#shared.setUp();
      await this.#applyShared(migrations, {
        signal: options.signal,
        onApplied: (name) => applied.push(name),
      });
    }
    const run = new MigrationRun(total, options, (tenant, onApplied) =>
      this.#applyTo(tenantTarget(this.#source, tenant), migrations.own, {
        signal: options.signal,
        onApplied,
      }),
    );
    const workers = Math.min(options.concurrency, this.#control.maxAdminConnections);
    await run.over(this.#ledger.pending(migrations.own), workers);
    return this.#report(migrations, run.counts, { applied, missing, accepted });
  }

  async #report(
    { own, shared }: Loaded<TSession>,
    counts: RunCounts,
    done: Partial<Pick<MigrationReport, 'missing' | 'accepted'>> & { applied?: string[] } = {},
  ): Promise<MigrationReport> {
    const { applied = [], missing = [], accepted = [] } = done;
    const lacking = await this.#ledger.lackedBy(this.#sharedTarget, shared);
    return {
      ...counts,
      remaining: await this.#ledger.countPending(own),
      ...(shared.length > 0 && {
        shared: { applied, remaining: lacking.map(({ name }) => name) },
      }),
      missing,
      accepted,
    };
  }

  /**
   * Applies to one tenant what it lacks, and returns the names.
   *
   * @throws MigrationFailedError, MigrationChangedError, MigrationMissingError, TenantNotFoundError
   */
  async migrateTenant(tenant: Tenant): Promise<string[]> {
    const migrations = await this.#load();
    const missing = await this.#history.verify(migrations.all);
    const target = tenantTarget(this.#source, tenant);
    const pending = await this.#ledger.lackedBy(target, migrations.own);
    if (pending.length > 0) await this.#history.refuseMissing(missing, migrations.all);
    await this.#applyShared(migrations);
    const applied: string[] = [];
    await this.#applyTo(target, pending, { onApplied: (name) => applied.push(name) });
    return applied;
  }

  /**
   * Brings a tenant that is being created up to date: applies the migration that makes its schema, then
   * all others, shared ones first, and in one last transaction calls `finish` with its session. Each
   * step is kept by itself: where one fails, a further call goes on there.
   *
   * @param creation is named by the marker in the ledger, as no other migration is
   * @param finish is told whether this call has applied `creation`
   * @throws TenantNotFoundError where the tenant was deleted meanwhile, MigrationFailedError,
   *   MigrationChangedError, ConfigurationError
   */
  async migrateNew<T>(
    tenant: Tenant,
    creation: Migration<TSession>,
    finish: (session: TSession, isCreated: boolean) => Promise<T>,
  ): Promise<T> {
    const migrations = await this.#load();
    requireUnchanged(await this.#ledger.appliedTo(this.#sharedTarget), migrations.shared);
    await this.#applyShared(migrations);
    const target = tenantTarget(this.#source, tenant);
    requireUnchanged(await this.#ledger.appliedTo(target), migrations.own);
    const isCreated = await applyMigration(target, this.#ledger, creation);
    await this.#applyTo(target, migrations.own);
    return target.transaction((session) => finish(session, isCreated));
  }

  /** The tenants that lack a migration, and what they lack. */
  async status(): Promise<PendingTenant[]> {
    const { own } = await this.#load();
    const behind: PendingTenant[] = [];
    for await (const tenant of this.#ledger.pending(own)) behind.push(tenant);
    return behind;
  }

  /** The shared migrations that are not applied yet, by their names. */
  async pendingShared(): Promise<string[]> {
    const { shared } = await this.#load();
    const lacking = await this.#ledger.lackedBy(this.#sharedTarget, shared);
    return lacking.map(({ name }) => name);
  }

  /**
   * What is left to do, in sentences for a log; empty where there is nothing.
   *
   * @example
   * ```ts
   * for (const sentence of await migrator.describePending()) logger.warn(sentence);
   * ```
   */
  async describePending(): Promise<string[]> {
    const shared = await this.pendingShared();
    const behind = await this.status();
    return [
      ...(shared.length > 0 ? [`Pending shared migrations: ${shared.join(', ')}.`] : []),
      ...(behind.length > 0 ? [`Tenants with pending migrations: ${behind.length}.`] : []),
    ];
  }

  async #applyShared({ shared }: Loaded<TSession>, options?: ApplyOptions): Promise<void> {
    if (shared.length === 0) return;
    await this.#applyTo(this.#sharedTarget, shared, options);
  }

  async #applyTo(
    target: MigrationTarget<TSession>,
    migrations: readonly Migration<TSession>[],
    options: ApplyOptions = {},
  ): Promise<void> {
    const onApplied = (name: string) => {
      this.#connections.forgetPrepared(target.schema);
      options.onApplied?.(name);
    };
    await applyMigrations(target, this.#ledger, migrations, { ...options, onApplied });
  }

  async #load(): Promise<Loaded<TSession>> {
    const migrations = await this.#source.load();
    const shared = migrations.filter((migration) => migration.shared);
    const own = migrations.filter((migration) => !migration.shared);
    requireOnce([TENANT_MARKER, ...own.map(({ name }) => name)]);
    requireOnce(shared.map(({ name }) => name));
    if (shared.length > 0 && this.#connections.sharedSchemas.length === 0) {
      throw new ConfigurationError(
        `Migrations are shared, and no schema is: ${shared.map(({ name }) => name).join(', ')}.`,
        { remedy: 'Name the schemas in `sharedSchemas` of the connection manager.' },
      );
    }
    const names = new Set(own.map(({ name }) => name));
    return { all: [...own, ...shared.filter(({ name }) => !names.has(name))], own, shared };
  }
}

/** What the source has. */
interface Loaded<TSession extends MigrationSession> {
  /** Each once: one of both kinds is the two parts of one file. */
  readonly all: readonly Migration<TSession>[];
  readonly own: readonly Migration<TSession>[];
  readonly shared: readonly Migration<TSession>[];
}

function requireOnce(names: readonly string[]): void {
  const doubled = names.filter((name, index) => names.indexOf(name) < index);
  if (doubled.length === 0) return;
  throw new ConfigurationError(`Two migrations have the same name: ${doubled.join(', ')}.`, {
    remedy: 'Rename the newer one.',
  });
}
