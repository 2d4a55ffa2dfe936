import type { Tenant } from '../tenant/tenant.js';

/** What tenants have asked of the database since the process started. */
export interface Activity {
  /** Statements that have ended. */
  readonly statements: number;
  /** Those of them that failed. */
  readonly errors: number;
  /** Time that the statements took together, in milliseconds. */
  readonly totalMs: number;
  /** The longest, in milliseconds. */
  readonly maxMs: number;
}

/** What one tenant has asked, as far as it is among those with the most. */
export interface TenantActivity extends Activity {
  readonly tenantId: string;
  readonly slug: string;
}

interface Counts {
  statements: number;
  errors: number;
  totalMs: number;
  maxMs: number;
}

interface Entry extends Counts {
  readonly tenant: Tenant;
}

/**
 * Adds up what tenants ask of the database: for each of those that take the most time, and in one
 * sum for all others, so that it needs the same memory whatever their number. A tenant that rises
 * from the others is counted from then on; what it had before stays in their sum.
 */
export class TenantActivities {
  readonly #entries = new Map<string, Entry>();
  readonly #tracked: number;
  readonly #others: Counts = none();

  /** @param tracked tenants that are counted one by one */
  constructor(tracked: number) {
    this.#tracked = tracked;
  }

  /** Tenants that are remembered: at most twice as many as are counted one by one. */
  get size(): number {
    return this.#entries.size;
  }

  add(tenant: Tenant | undefined, durationMs: number, failed: boolean): void {
    count(tenant ? this.#entry(tenant) : this.#others, durationMs, failed);
  }

  /** Those with the most time first. */
  top(): TenantActivity[] {
    return this.#byTime()
      .slice(0, this.#tracked)
      .map(({ tenant, ...counts }) => ({ tenantId: tenant.id, slug: tenant.slug, ...counts }));
  }

  /** All that is not in {@link top}, code without a tenant included. */
  others(): Activity {
    const sum = { ...this.#others };
    for (const entry of this.#byTime().slice(this.#tracked)) merge(sum, entry);
    return sum;
  }

  #entry(tenant: Tenant): Entry {
    let entry = this.#entries.get(tenant.id);
    if (!entry) {
      // Half of them go at a time, so that a new tenant does not cost a search.
      if (this.#entries.size >= 2 * this.#tracked) this.#forgetSmallest();
      entry = { tenant, ...none() };
      this.#entries.set(tenant.id, entry);
    }
    return entry;
  }

  #forgetSmallest(): void {
    for (const entry of this.#byTime().slice(this.#tracked)) {
      merge(this.#others, entry);
      this.#entries.delete(entry.tenant.id);
    }
  }

  #byTime(): Entry[] {
    return [...this.#entries.values()].toSorted((one, other) => other.totalMs - one.totalMs);
  }
}

function none(): Counts {
  return { statements: 0, errors: 0, totalMs: 0, maxMs: 0 };
}

function count(counts: Counts, durationMs: number, failed: boolean): void {
  counts.statements++;
  if (failed) counts.errors++;
  counts.totalMs += durationMs;
  if (durationMs > counts.maxMs) counts.maxMs = durationMs;
}

function merge(sum: Counts, other: Activity): void {
  sum.statements += other.statements;
  sum.errors += other.errors;
  sum.totalMs += other.totalMs;
  sum.maxMs = Math.max(sum.maxMs, other.maxMs);
}
