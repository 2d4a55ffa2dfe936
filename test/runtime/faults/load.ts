import { setTimeout as delay } from 'node:timers/promises';
import { isRetryable, runWithTenant, TenancyError, type Tenant } from '@mt/runtime';
import type { ItemStore } from '../../support/orms.js';
import { causes } from '../../../src/lib/pool/server-errors.js';

/** What fifty clients met while they worked. */
export interface Outcome {
  done: number;
  readonly errors: unknown[];
  /** Rows that were read as somebody else. */
  leaks: number;
  /** When the last statement succeeded, of performance.now(). */
  lastSuccess: number;
}

export interface Load {
  readonly outcome: Outcome;
  stop(): Promise<Outcome>;
}

/** Clients that read and write without pause, each as its tenant, whatever happens to them. */
export function startLoad(store: ItemStore, tenants: readonly Tenant[], clients = 50): Load {
  const outcome: Outcome = { done: 0, errors: [], leaks: 0, lastSuccess: 0 };
  const stopped = new AbortController();
  const client = async (number: number) => {
    const tenant = tenants[number % tenants.length] as Tenant;
    const steps = [
      () => store.all(),
      () => store.raw(),
      () => store.transaction(tenant.slug),
      async () => {
        await store.insert(tenant.slug);
        return [];
      },
    ];
    for (let step = number; !stopped.signal.aborted; step++) {
      try {
        const rows = await runWithTenant(
          tenant,
          steps[step % steps.length] as () => Promise<{ owner: string }[]>,
        );
        outcome.done++;
        outcome.leaks += rows.filter(({ owner }) => owner !== tenant.slug).length;
        outcome.lastSuccess = performance.now();
      } catch (error) {
        outcome.errors.push(error);
        await delay(5);
      }
    }
  };
  const working = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return {
    outcome,
    stop: async () => {
      stopped.abort();
      await working;
      return outcome;
    },
  };
}

/** Errors that say neither what happened nor whether to try again. */
export function untyped(errors: readonly unknown[]): unknown[] {
  return errors.filter((error) => tenancyError(error) === undefined);
}

export function tenancyError(error: unknown): TenancyError | undefined {
  return causes(error).find((cause) => cause instanceof TenancyError);
}

export { isRetryable };
