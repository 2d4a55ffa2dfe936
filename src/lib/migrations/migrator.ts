import type { ConnectionManager } from '../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../connections/options.js';
import { hasSqlState, SqlState } from '../connections/pg-errors.js';
import { contained } from '../contained.js';
import { ConfigurationError, MigrationFailedError, TenantExistsError } from '../errors.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';
import { applicationRole } from '../roles/application-role.js';
import { withRight } from '../roles/missing-right.js';
import { setUpTenantRole } from '../roles/tenant-role.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { MigrationLedger, type PendingTenant } from './ledger.js';
import type { Migration, MigrationSession, MigrationSource } from './migration.js';
import { withRunLock } from './run-lock.js';

export interface MigratorOptions {
  /** Tenants migrated at the same time. Default 4; never more than the pool has connections. */
  concurrency?: number;
}

/** One tenant has been dealt with. */
export interface MigrationProgress {
  readonly done: number;
  readonly total: number;
  readonly tenant: Tenant;
  /** What was applied; empty where it failed. */
  readonly applied: readonly string[];
  readonly error?: Error;
  readonly durationMs: number;
}

export interface MigrateOptions {
  /** Overrides the migrator's own. */
  concurrency?: number;
  /** Goes on to the other tenants after one has failed. Default false. */
  continueOnError?: boolean;
  /** Stops taking up tenants; those under way are finished. */
  signal?: AbortSignal;
  onProgress?: (progress: MigrationProgress) => void;
}

export interface MigrationReport {
  /** Tenants that lacked a migration when the run began. */
  readonly total: number;
  /** Tenants brought up to date. */
  readonly migrated: number;
  /** Migrations applied, over all tenants. */
  readonly applied: number;
  readonly failed: readonly { readonly tenant: Tenant; readonly error: Error }[];
}

/**
 * Brings tenants up to date. Each tenant is migrated in one transaction together with its rows in
 * the ledger: killed at any point, no tenant is half migrated, and the next run goes on from there.
 */
export class Migrator<TSession extends MigrationSession = MigrationSession> {
  readonly #connections: ConnectionManager;
  readonly #source: MigrationSource<TSession>;
  readonly #ledger: MigrationLedger;
  readonly #concurrency: number;

  constructor(
    connections: ConnectionManager,
    registry: TenantRegistry,
    source: MigrationSource<TSession>,
    options: MigratorOptions = {},
  ) {
    this.#connections = connections;
    this.#source = source;
    this.#ledger = new MigrationLedger(connections, registry.tables);
    this.#concurrency = options.concurrency ?? 4;
  }

  /**
   * Migrates every tenant that lacks a migration. Two runs at once, of two deployments for example,
   * wait for each other.
   *
   * The first tenant goes alone: a migration that cannot work fails there, and not in several
   * tenants at the same time.
   *
   * @returns the report; failed tenants are in it, and are not thrown
   * @throws MigrationChangedError, ConfigurationError
   */
  async migrate(options: MigrateOptions = {}): Promise<MigrationReport> {
    const migrations = await this.#load();
    return withRunLock(this.#connections, async () => {
      await this.#ledger.verify(migrations);
      const run = new Run(await this.#ledger.countPending(migrations), options);
      const queue = this.#ledger.pending(migrations);
      const work = async () => {
        for (let next = await run.take(queue); next; next = await run.take(queue)) {
          await run.finish(next.tenant, () => this.#migrate(next.tenant, migrations));
        }
      };
      const canary = await run.take(queue);
      if (canary) await run.finish(canary.tenant, () => this.#migrate(canary.tenant, migrations));
      await run.all(Array.from({ length: this.#workers(options) }, work));
      return run.report();
    });
  }

  /** Applies to one tenant what it lacks, and returns the names. */
  async migrateTenant(tenant: Tenant): Promise<string[]> {
    const migrations = await this.#load();
    await this.#ledger.verify(migrations);
    return this.#migrate(tenant, migrations);
  }

  /**
   * Creates the schema of a new tenant, applies every migration, and calls `finish` with the
   * session: all in one transaction, so that the tenant is there completely or not at all.
   *
   * @throws TenantExistsError where the schema is there already, MigrationFailedError
   */
  async provision(tenant: Tenant, finish: (session: TSession) => Promise<void>): Promise<void> {
    if (tenant.placement !== DEFAULT_PLACEMENT) {
      throw new ConfigurationError('Tenants can be created in the placement "main" only.', {
        remedy: 'Leave `placement` out: the ledger cannot follow a tenant to another database yet.',
      });
    }
    const migrations = await this.#load();
    const application = await applicationRole(this.#connections);
    await this.#source.transaction(tenant, async (session) => {
      await this.#ledger.lock(session, tenant);
      await createSchema(session, tenant);
      await setUpTenantRole(session, tenant, application);
      await this.#apply(session, tenant, migrations);
      await finish(session);
    });
  }

  /**
   * Creates the tenant's role where it has none, and gives it its rights on the schema as it is now
   * and will be. Doing it again does no harm.
   *
   * @throws ConfigurationError where the admin login lacks a right for it
   */
  async setUpRole(tenant: Tenant): Promise<void> {
    const application = await applicationRole(this.#connections);
    await this.#source.transaction(tenant, (session) =>
      setUpTenantRole(session, tenant, application),
    );
  }

  /** The tenants that lack a migration, and what they lack. */
  async status(): Promise<PendingTenant[]> {
    const behind: PendingTenant[] = [];
    for await (const tenant of this.#ledger.pending(await this.#load())) behind.push(tenant);
    return behind;
  }

  #migrate(tenant: Tenant, migrations: readonly Migration<TSession>[]): Promise<string[]> {
    return this.#source.transaction(tenant, (session) => this.#apply(session, tenant, migrations));
  }

  async #apply(
    session: TSession,
    tenant: Tenant,
    migrations: readonly Migration<TSession>[],
  ): Promise<string[]> {
    const applied = await this.#ledger.lock(session, tenant);
    const pending = migrations.filter(({ name }) => !applied.has(name));
    for (const migration of pending) {
      const started = performance.now();
      try {
        await session.enter?.();
        await migration.up(session);
      } catch (error) {
        throw new MigrationFailedError(tenant.slug, migration.name, error);
      }
      await this.#ledger.record(session, tenant, migration, performance.now() - started);
    }
    return pending.map(({ name }) => name);
  }

  async #load(): Promise<readonly Migration<TSession>[]> {
    const migrations = await this.#source.load();
    const names = migrations.map(({ name }) => name);
    const doubled = names.filter((name, index) => names.indexOf(name) < index);
    if (doubled.length > 0) {
      throw new ConfigurationError(`Two migrations have the same name: ${doubled.join(', ')}.`, {
        remedy: 'Rename the newer one.',
      });
    }
    return migrations;
  }

  #workers(options: MigrateOptions): number {
    const wanted = options.concurrency ?? this.#concurrency;
    return Math.max(1, Math.min(wanted, this.#connections.maxAdminConnections));
  }
}

async function createSchema(session: MigrationSession, tenant: Tenant): Promise<void> {
  try {
    await withRight(CREATE_SCHEMA, () =>
      session.query(`create schema ${quoteIdentifier(tenant.schema)}`),
    );
  } catch (error) {
    if (!hasSqlState(error, SqlState.duplicateSchema)) throw error;
    throw new TenantExistsError(tenant.slug, { cause: error });
  }
}

const CREATE_SCHEMA = {
  problem: 'The login that creates tenants may not create schemas.',
  remedy:
    'Grant it that: GRANT CREATE ON DATABASE <the database> TO <the user of DATABASE_ADMIN_URL, or else of DATABASE_URL>.',
};

/** The state of one run. */
class Run {
  readonly #failed: { tenant: Tenant; error: Error }[] = [];
  #broken = false;
  #migrated = 0;
  #applied = 0;

  constructor(
    readonly total: number,
    readonly options: MigrateOptions,
  ) {}

  async take(queue: AsyncGenerator<PendingTenant>): Promise<PendingTenant | undefined> {
    const failed = this.#failed.length > 0 && !this.options.continueOnError;
    if (failed || this.#broken || this.options.signal?.aborted) return undefined;
    const next = await queue.next();
    return next.done ? undefined : next.value;
  }

  async finish(tenant: Tenant, migrate: () => Promise<string[]>): Promise<void> {
    const started = performance.now();
    let applied: string[] = [];
    let error: Error | undefined;
    try {
      applied = await migrate();
      this.#migrated++;
      this.#applied += applied.length;
    } catch (failure) {
      error = failure instanceof Error ? failure : new Error(String(failure));
      this.#failed.push({ tenant, error });
    }
    const progress: MigrationProgress = {
      done: this.#migrated + this.#failed.length,
      total: this.total,
      tenant,
      applied,
      ...(error && { error }),
      durationMs: performance.now() - started,
    };
    contained(() => this.options.onProgress?.(progress));
  }

  /** Waits for all workers, also where one throws: the lock is held until the last has stopped. */
  async all(workers: readonly Promise<void>[]): Promise<void> {
    const stopped = workers.map((worker) =>
      worker.catch((error: unknown) => {
        this.#broken = true;
        throw error;
      }),
    );
    const broken = (await Promise.allSettled(stopped)).find(({ status }) => status === 'rejected');
    if (broken?.status === 'rejected') throw broken.reason;
  }

  report(): MigrationReport {
    return {
      total: this.total,
      migrated: this.#migrated,
      applied: this.#applied,
      failed: this.#failed,
    };
  }
}
