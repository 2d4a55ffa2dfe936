import { contained } from '../contained.js';
import { TenantNotFoundError } from '../errors.js';
import { WaitAborted } from '../poll.js';
import { runWorkers } from '../run-workers.js';
import { toError } from '../to-error.js';
import type { Tenant } from '../tenant/tenant.js';
import type { PendingTenant } from './ledger.js';
import type { ResolvedMigrateOptions } from './migrate-options.js';
import type { MigrationProgress, RunCounts } from './migration-report.js';

/** Migrates one tenant, and tells of each migration that was kept. */
export type MigrateTenant = (tenant: Tenant, onApplied: (name: string) => void) => Promise<void>;

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
    // The lock is held until the last has stopped.
    await runWorkers(
      workers,
      () => this.#work(queue),
      () => (this.#broken = true),
    );
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
      error = toError(failure);
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
}
