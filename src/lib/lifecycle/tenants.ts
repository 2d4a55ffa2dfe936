import { runWithTenant } from '../context.js';
import { SqlState, sqlState } from '../connections/pg-errors.js';
import { TenantExistsError } from '../errors.js';
import type { MigrationSession } from '../migrations/migration.js';
import type { Migrator } from '../migrations/migrator.js';
import type { ListTenantsOptions, NewTenant, TenantRegistry } from '../registry/tenant-registry.js';
import type { Tenant } from '../tenant/tenant.js';

/** The life of tenants: create, suspend, resume, and run code as one of them. */
export class Tenants<TSession extends MigrationSession = MigrationSession> {
  readonly #registry: TenantRegistry;
  readonly #migrator: Migrator<TSession>;

  constructor(registry: TenantRegistry, migrator: Migrator<TSession>) {
    this.#registry = registry;
    this.#migrator = migrator;
  }

  /**
   * Creates a tenant: its row, its schema, every migration. The schema, the migrations and the
   * change to `active` are one transaction. If it fails, the row is taken back; if the process died
   * in between, creating the same tenant again finishes the work.
   *
   * @example
   * ```ts
   * const acme = await tenants.create({ slug: 'acme', name: 'Acme Inc.' });
   * ```
   * @throws TenantExistsError, InvalidTenantSlugError, MigrationFailedError
   */
  async create(input: NewTenant): Promise<Tenant> {
    const inserted = await this.#registry.insert(input);
    const tenant = inserted ?? (await this.#unfinished(input.slug));
    try {
      await this.#migrator.provision(tenant, async (session) => {
        const { rows } = await session.query(
          `update ${this.#registry.tables.tenants} set status = 'active', updated_at = now()
           where id = $1 and status = 'provisioning' returning id`,
          [tenant.id],
        );
        // Another process finished the same unfinished tenant while this one waited for its lock.
        if (rows.length === 0) throw new TenantExistsError(tenant.slug);
      });
    } catch (error) {
      if (inserted) await this.#registry.removeUnprovisioned(inserted);
      throw sqlState(rootCause(error)) === SqlState.duplicateSchema
        ? new TenantExistsError(tenant.slug)
        : error;
    }
    this.#registry.forget(tenant.slug);
    return this.#registry.get(tenant.slug);
  }

  /** A row without a tenant: what a process leaves that died while it created one. */
  async #unfinished(slug: string): Promise<Tenant> {
    this.#registry.forget(slug);
    const existing = await this.#registry.find(slug);
    if (existing?.status !== 'provisioning') throw new TenantExistsError(slug);
    return existing;
  }

  /** A page of tenants in the order of their slugs. */
  list(options?: ListTenantsOptions): Promise<Tenant[]> {
    return this.#registry.list(options);
  }

  /**
   * Runs `fn` as a tenant, outside of a request: in a job, a script, a cron handler.
   *
   * @example
   * ```ts
   * await tenants.run('acme', () => invoices.closeMonth());
   * ```
   * @throws TenantNotFoundError, TenantNotActiveError
   */
  async run<T>(slug: string, fn: () => T | Promise<T>): Promise<T> {
    const tenant = await this.#registry.getActive(slug);
    return runWithTenant(tenant, fn);
  }

  /** Stops serving a tenant; its data stays. @throws TenantNotFoundError, TenantNotActiveError */
  suspend(slug: string): Promise<Tenant> {
    return this.#registry.setStatus(slug, ['active', 'suspended'], 'suspended');
  }

  /** Serves a suspended tenant again. @throws TenantNotFoundError, TenantNotActiveError */
  resume(slug: string): Promise<Tenant> {
    return this.#registry.setStatus(slug, ['active', 'suspended'], 'active');
  }
}

function rootCause(error: unknown): unknown {
  return error instanceof Error && error.cause !== undefined ? rootCause(error.cause) : error;
}
