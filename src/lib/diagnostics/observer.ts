import type { Tenant } from '../tenant/tenant.js';
import type { LateStatementError } from '../errors.js';
import { publish, type StatementEvent } from './events.js';
import { TenantActivities } from './tenant-activity.js';

/** Counts what ends, and tells whoever listens. */
export class Observer {
  readonly activities: TenantActivities;
  readonly #slowMs: number;

  /** @param slowMs from how many milliseconds on a statement is slow */
  constructor(slowMs: number, trackedTenants: number) {
    this.#slowMs = slowMs;
    this.activities = new TenantActivities(trackedTenants);
  }

  statementEnded(
    tenant: Tenant | undefined,
    text: string,
    durationMs: number,
    error: Error | undefined,
  ): void {
    this.activities.add(tenant, durationMs, error !== undefined);
    const event = (): StatementEvent => ({ tenant, text, durationMs, error });
    publish('statement', event);
    if (durationMs >= this.#slowMs) publish('slow-statement', event);
    if (error) publish('failed-statement', () => ({ ...event(), error }));
  }

  statementLate(tenant: Tenant, error: LateStatementError): void {
    publish('late-statement', () => ({ tenant, error }));
  }

  checkoutFailed(tenant: Tenant | undefined, waitedMs: number, error: Error): void {
    publish('failed-checkout', () => ({ tenant, waitedMs, error }));
  }

  connectionLost(placement: string, error: Error): void {
    publish('lost-connection', () => ({ placement, error }));
  }
}
