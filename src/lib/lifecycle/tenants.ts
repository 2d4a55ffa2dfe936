import { runWithTenant } from '../context.js';
import { hasSqlState, SqlState } from '../connections/pg-errors.js';
import { TenantExistsError } from '../errors.js';
import type { MigrationSession } from '../migrations/migration.js';
import type { Migrator } from '../migrations/migrator.js';
import type { ListTenantsOptions, NewTenant, TenantRegistry } from '../registry/tenant-registry.js';
import { roleNameFor } from '../roles/role-name.js';
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
    if (!tenant) return this.create(input);
    try {
      await this.#migrator.provision(tenant, (session) => this.#activate(session, tenant));
    } catch (error) {
      if (inserted) await this.#takeBack(inserted);
      else if (hasSqlState(error, SqlState.foreignKeyViolation)) {
        // Whoever had begun it failed and took its row back meanwhile.
        return this.create(input);
      }
      throw error;
    }
    this.#registry.forget(tenant.slug);
    return this.#registry.get(tenant.slug);
  }

  async #activate(session: TSession, tenant: Tenant): Promise<void> {
    const { rows } = await session.query(
      `update ${this.#registry.tables.tenants} set status = 'active', updated_at = now()
       where id = $1 and status = 'provisioning' returning id`,
      [tenant.id],
    );
    // Another process finished the same unfinished tenant while this one waited for its lock.
    if (rows.length === 0) throw new TenantExistsError(tenant.slug);
  }

  /**
   * A row without a tenant: what a process leaves that died while it created one.
   *
   * @returns undefined where the row is gone: whoever wrote it has failed and taken it back
   */
  async #unfinished(slug: string): Promise<Tenant | undefined> {
    this.#registry.forget(slug);
    const existing = await this.#registry.find(slug);
    if (existing && existing.status !== 'provisioning') throw new TenantExistsError(slug);
    return existing;
  }

  async #takeBack(tenant: Tenant): Promise<void> {
    try {
      await this.#registry.removeUnprovisioned(tenant);
    } catch {
      // The error that led here says more, and creating the tenant again takes the row up.
    }
  }

  /**
   * Gives every tenant a role of its own, with its rights on the tenant's schema: when an application
   * changes to role isolation, or after its admin login was replaced. Doing it again does no harm.
   *
   * @returns how many tenants there are
   * @throws ConfigurationError where the admin login lacks a right for it
   */
  async createRoles(): Promise<number> {
    let count = 0;
    let page = await this.#registry.list();
    while (page.length > 0) {
      for (const tenant of page) {
        const role = tenant.role ?? roleNameFor(tenant.schema, tenant.id);
        await this.#migrator.setUpRole({ ...tenant, role });
        await this.#registry.setRole(tenant.slug, role);
        count++;
      }
      page = await this.#registry.list({ after: page.at(-1)?.slug ?? '' });
    }
    return count;
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
