import { contained } from '../contained.js';
import { outsideContext, runWithTenant } from '../context.js';
import { ForEachFailedError } from '../errors.js';
import { isFunction, isSignal, isSwitch, refuseUnknown, whole } from '../option-checks.js';
import { runWorkers } from '../run-workers.js';
import { toError } from '../to-error.js';
import type { Tenant } from '../tenant/tenant.js';
import type { ForEachReport } from './for-each-report.js';

export interface ForEachOptions {
  /** Tenants at the same time. Default 1. */
  concurrency?: number;
  /** Goes on to the other tenants after one has failed. Default false. */
  continueOnError?: boolean;
  /** Stops taking up tenants; those under way are finished. */
  signal?: AbortSignal;
  /** Told after each tenant. */
  onProgress?: (progress: ForEachProgress) => void;
}

export interface ForEachProgress {
  readonly tenant: Tenant;
  readonly error?: Error;
}

const KNOWN = {
  concurrency: true,
  continueOnError: true,
  onProgress: true,
  signal: true,
} satisfies Record<keyof ForEachOptions, true>;

/** Runs `fn` as each of the tenants. */
export async function forEachTenant(
  tenants: AsyncIterable<Tenant>,
  fn: (tenant: Tenant) => unknown,
  options: ForEachOptions = {},
): Promise<ForEachReport> {
  isFunction('fn', fn);
  refuseUnknown('', options, KNOWN);
  const { concurrency = 1, continueOnError = false, signal, onProgress } = options;
  isSwitch('continueOnError', continueOnError);
  if (onProgress !== undefined) isFunction('onProgress', onProgress);
  if (signal !== undefined) isSignal('signal', signal);
  const workers = whole('concurrency', concurrency, 1);

  const done: Tenant[] = [];
  const failed: { tenant: Tenant; error: Error }[] = [];
  const skipped: Tenant[] = [];
  const queue = tenants[Symbol.asyncIterator]();
  let broken = false;
  const isStopped = (): boolean =>
    broken || signal?.aborted === true || (failed.length > 0 && !continueOnError);

  const finish = async (tenant: Tenant): Promise<void> => {
    let error: Error | undefined;
    try {
      await runWithTenant(tenant, async () => {
        await fn(tenant);
      });
      done.push(tenant);
    } catch (failure) {
      error = toError(failure);
      failed.push({ tenant, error });
    }
    contained(() => onProgress?.({ tenant, ...(error && { error }) }));
  };
  // One after the other asks the queue; what it gives once the run has stopped is not begun.
  const work = async (): Promise<void> => {
    for (;;) {
      const next = await queue.next();
      if (next.done) return;
      if (isStopped()) skipped.push(next.value);
      else await finish(next.value);
    }
  };
  await runWorkers(
    workers,
    // No checkouts and no tenant of whoever asks: each run is one of its own.
    () => outsideContext(work),
    () => (broken = true),
  );

  const report: ForEachReport = { done, failed, skipped };
  if (failed.length > 0 && !continueOnError) throw new ForEachFailedError(report);
  return report;
}
