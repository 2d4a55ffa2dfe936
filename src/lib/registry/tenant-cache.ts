import type { Tenant } from '../tenant/tenant.js';

interface Entry {
  readonly tenant: Tenant | undefined;
  readonly expiresAt: number;
}

/**
 * Look-ups by slug, found or not, bounded in number and in age. Look-ups of one slug at the same
 * time share one question to the database.
 */
export class TenantCache {
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<Tenant | undefined>>();
  readonly #size: number;
  readonly #ttlMs: number;

  constructor(size: number, ttlMs: number) {
    this.#size = size;
    this.#ttlMs = ttlMs;
  }

  async find(
    slug: string,
    load: (slug: string) => Promise<Tenant | undefined>,
  ): Promise<Tenant | undefined> {
    const entry = this.#entries.get(slug);
    if (entry && entry.expiresAt > Date.now()) return entry.tenant;
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

  forget(slug: string): void {
    this.#entries.delete(slug);
    this.#running.delete(slug);
  }

  #remember(slug: string, tenant: Tenant | undefined): void {
    this.#entries.delete(slug);
    const oldest = this.#entries.keys().next();
    if (this.#entries.size >= this.#size && !oldest.done) this.#entries.delete(oldest.value);
    this.#entries.set(slug, { tenant, expiresAt: Date.now() + this.#ttlMs });
  }
}
