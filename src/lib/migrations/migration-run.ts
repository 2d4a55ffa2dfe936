import { contained } from '../contained.js';
import { TenantNotFoundError } from '../errors.js';
import { WaitAborted } from '../poll.js';
import type { Tenant } from '../tenant/tenant.js';
import type { AcceptedMigration } from './history.js';
import type { PendingTenant } from './ledger.js';
import type { ResolvedMigrateOptions } from './migrate-options.js';

/** One tenant has been dealt with. */
export interface MigrationProgress {
  readonly done: number;
  readonly total: number;
  readonly tenant: Tenant;
  /** What was applied; where it failed, what came before that. */
  readonly applied: readonly string[];
  readonly error?: Error;
  readonly durationMs: number;
}

/** Migrates one tenant, and tells of each migration that was kept. */
export type MigrateTenant = (tenant: Tenant, onApplied: (name: string) => void) => Promise<void>;

/** What a run has done so far. */
export interface RunCounts {
  /** Tenants that lacked a migration when the run began. */
  readonly total: number;
  /** Tenants brought up to date. */
  readonly migrated: number;
  /** Migrations applied, over all tenants. */
  readonly applied: number;
  readonly failed: readonly { readonly tenant: Tenant; readonly error: Error }[];
}

/** What a run has done of the migrations that are applied once, for all tenants. */
export interface SharedReport {
  /** Their names. */
  readonly applied: readonly string[];
  /** Those that are not applied yet: the run was stopped before. */
  readonly remaining: readonly string[];
}

/** What a run has done, and what it has left. */
export interface MigrationReport extends RunCounts {
  /** Undefined where there are no shared migrations. */
  readonly shared?: SharedReport;
  /**
   * Tenants that lack a migration now: those that failed, and those that were not taken up because of
   * that or because the run was stopped. With 0, and nothing left of `shared`, there is nothing to do:
   * {@link isComplete}.
   */
  readonly remaining: number;
  /** Migrations that were applied and are not there any more. Nothing was to be applied beside them. */
  readonly missing: readonly string[];
  /** What the options have accepted. */
  readonly accepted: readonly AcceptedMigration[];
}

/** One run over the tenants that lack a migration. */
export class MigrationRun {
  readonly #total: number;
  readonly #options: ResolvedMigrateOptions;
  readonly #migrate: MigrateTenant;
  readonly #failed: { tenant: Tenant; error: Error }[] = [];
  #broken = false;
  #migrated = 0;
  #applied = 0;

  constructor(total: number, options: ResolvedMigrateOptions, migrate: MigrateTenant) {
    this.#total = total;
    this.#options = options;
    this.#migrate = migrate;
  }

  get counts(): RunCounts {
    return {
      total: this.#total,
      migrated: this.#migrated,
      applied: this.#applied,
      failed: this.#failed,
    };
  }

  /** Migrates the first tenant alone, and then the others, so many at a time. */
  async over(queue: AsyncGenerator<PendingTenant>, workers: number): Promise<void> {
    const first = await this.#take(queue);
    if (!first) return;
    await this.#finish(first.tenant);
    await this.#all(Array.from({ length: workers }, () => this.#work(queue)));
  }

  async #work(queue: AsyncGenerator<PendingTenant>): Promise<void> {
    for (let next = await this.#take(queue); next; next = await this.#take(queue)) {
      await this.#finish(next.tenant);
    }
  }

  async #take(queue: AsyncGenerator<PendingTenant>): Promise<PendingTenant | undefined> {
    const failed = this.#failed.length > 0 && !this.#options.continueOnError;
    if (failed || this.#broken || this.#options.signal?.aborted) return undefined;
    const next = await queue.next();
    return next.done ? undefined : next.value;
  }

  async #finish(tenant: Tenant): Promise<void> {
    const started = performance.now();
    const applied: string[] = [];
    let error: Error | undefined;
    try {
      await this.#migrate(tenant, (name) => {
        applied.push(name);
        this.#applied++;
      });
      this.#migrated++;
    } catch (failure) {
      // Not taken up after all, or not there any more.
      if (failure instanceof WaitAborted || failure instanceof TenantNotFoundError) return;
      error = failure instanceof Error ? failure : new Error(String(failure));
      this.#failed.push({ tenant, error });
    }
    const progress: MigrationProgress = {
      done: this.#migrated + this.#failed.length,
      total: this.#total,
      tenant,
      applied,
      ...(error && { error }),
      durationMs: performance.now() - started,
    };
    contained(() => this.#options.onProgress?.(progress));
  }

  /** Waits for all workers, also where one throws: the lock is held until the last has stopped. */
  async #all(workers: readonly Promise<void>[]): Promise<void> {
    const stopped = workers.map((worker) =>
      worker.catch((error: unknown) => {
        this.#broken = true;
        throw error;
      }),
    );
    const broken = (await Promise.allSettled(stopped)).find(({ status }) => status === 'rejected');
    if (broken?.status === 'rejected') throw broken.reason;
  }
}
