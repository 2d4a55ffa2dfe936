import type { Tenant } from '../tenant/tenant.js';

interface Entry {
  readonly tenant: Tenant | undefined;
  readonly expiresAt: number;
}

/** Most slugs of which it is kept in memory that no tenant has them. */
const DEFAULT_MISSING_SIZE = 1_000;

/**
 * Look-ups by slug, found or not, bounded in number and in age. Look-ups of one slug at the same
 * time share one question to the database.
 *
 * What was not found has a bound of its own: anybody can ask for made-up slugs, and must not push
 * the tenants out that there are.
 */
export class TenantCache {
  readonly #found: Entries;
  readonly #missing: Entries;
  readonly #running = new Map<string, Promise<Tenant | undefined>>();
  readonly #ttlMs: number;
  #changes = 0;

  constructor(size: number, ttlMs: number, missingSize = DEFAULT_MISSING_SIZE) {
    this.#found = new Entries(size);
    this.#missing = new Entries(missingSize);
    this.#ttlMs = ttlMs;
  }

  async find(
    slug: string,
    load: (slug: string) => Promise<Tenant | undefined>,
  ): Promise<Tenant | undefined> {
    const entry = this.#found.get(slug) ?? this.#missing.get(slug);
    if (entry && isFresh(entry)) return entry.tenant;
    const running = this.#running.get(slug);
    if (running) return running;
    const loading = load(slug);
    this.#running.set(slug, loading);
    try {
      const tenant = await loading;
      // A look-up that was overtaken by a change must not put the old state back.
      if (this.#running.get(slug) === loading) this.#remember(slug, tenant);
      return tenant;
    } finally {
      if (this.#running.get(slug) === loading) this.#running.delete(slug);
    }
  }

  /** The tenant, where it was found lately. */
  peek(slug: string): Tenant | undefined {
    const entry = this.#found.get(slug);
    return entry && isFresh(entry) ? entry.tenant : undefined;
  }

  /** How often something was forgotten: what was found before that may be old. */
  get changes(): number {
    return this.#changes;
  }

  forget(slug: string): void {
    this.#changes++;
    this.#found.delete(slug);
    this.#missing.delete(slug);
    this.#running.delete(slug);
  }

  /** Forgets everything, look-ups that are under way included. */
  clear(): void {
    this.#changes++;
    this.#found.clear();
    this.#missing.clear();
    this.#running.clear();
  }

  #remember(slug: string, tenant: Tenant | undefined): void {
    this.#found.delete(slug);
    this.#missing.delete(slug);
    const entries = tenant ? this.#found : this.#missing;
    entries.add(slug, { tenant, expiresAt: performance.now() + this.#ttlMs });
  }
}

/** Not by the time of day, which can be set back. */
function isFresh({ expiresAt }: Entry): boolean {
  return expiresAt > performance.now();
}

/** So many entries at most: the oldest makes room. */
class Entries extends Map<string, Entry> {
  readonly #size: number;

  constructor(size: number) {
    super();
    this.#size = size;
  }

  add(slug: string, entry: Entry): void {
    const oldest = this.keys().next();
    if (this.size >= this.#size && !oldest.done) this.delete(oldest.value);
    this.set(slug, entry);
  }
}
