import { runWithTenant } from '../context.js';
import { ConfigurationError, TenantExistsError, TenantNotFoundError } from '../errors.js';
import type { MigrationSession } from '../migrations/migration.js';
import type { Migrator } from '../migrations/migrator.js';
import type { ListTenantsOptions, NewTenant, TenantRegistry } from '../registry/tenant-registry.js';
import { poll } from '../poll.js';
import { forEachTenant, type ForEachOptions } from './for-each.js';
import type { ForEachReport } from './for-each-report.js';
import { Provisioner } from './provisioner.js';
import { roleNameFor } from '../roles/role-name.js';
import type { Tenant } from '../tenant/tenant.js';

/** The life of tenants: create, suspend, resume, and run code as one of them. */
export class Tenants<TSession extends MigrationSession = MigrationSession> {
  readonly #registry: TenantRegistry;
  readonly #provisioner: Provisioner<TSession>;

  constructor(registry: TenantRegistry, migrator: Migrator<TSession>) {
    this.#registry = registry;
    this.#provisioner = new Provisioner(registry, migrator);
  }

  /**
   * Creates a tenant: its row, its schema, every migration, its role. It is `provisioning`, and served
   * to nobody, until all of that is there. Where a migration fails, or the process dies, creating the
   * same tenant again goes on from there, as the tenant that is asked for then.
   *
   * @example
   * ```ts
   * const acme = await tenants.create({ slug: 'acme', name: 'Acme Inc.' });
   * ```
   * @throws TenantExistsError, InvalidTenantSlugError, MigrationFailedError, MigrationChangedError
   */
  create(input: NewTenant): Promise<Tenant> {
    return poll(async () => {
      const inserted = await this.#registry.insert(input);
      const tenant = inserted ?? (await this.#unfinished(input));
      // If it is gone, whoever wrote the row has failed, and taken it back meanwhile.
      return tenant && this.#provision(tenant);
    });
  }

  /** @returns undefined where the row is gone */
  async #provision(tenant: Tenant): Promise<Tenant | undefined> {
    try {
      return await this.#provisioner.provision(tenant);
    } catch (error) {
      if (error instanceof TenantNotFoundError) return undefined;
      await this.#takeBack(tenant);
      throw error;
    } finally {
      this.#registry.forget(tenant.slug);
    }
  }

  /**
   * A tenant that is not finished, as it is asked for now: what is left of an attempt that failed or
   * died, or one that is under way.
   *
   * @returns undefined where the row is gone
   */
  async #unfinished(input: NewTenant): Promise<Tenant | undefined> {
    this.#registry.forget(input.slug);
    const existing = await this.#registry.find(input.slug);
    if (existing && existing.status !== 'provisioning') throw new TenantExistsError(input.slug);
    return existing && this.#registry.asAskedFor(existing, input);
  }

  /** Whoever fails does it, whose row it may be: of several that try at once, the last one can. */
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
   * Tenants that are not finished get theirs when they are.
   *
   * @returns how many tenants have one now
   * @throws ConfigurationError where the admin login lacks a right for it; and, once all others have
   *   their roles, where schemas of tenants are missing
   */
  async createRoles(): Promise<number> {
    let count = 0;
    const withoutSchema: string[] = [];
    for await (const tenant of this.#registry.all()) {
      // Whether they are served or not, these have a schema.
      if (tenant.status !== 'active' && tenant.status !== 'suspended') continue;
      if (await this.#createRole(tenant)) count++;
      else withoutSchema.push(tenant.slug);
    }
    if (withoutSchema.length > 0) throw missingSchemas(withoutSchema);
    return count;
  }

  /**
   * The same for one tenant: after its schema was made again, from a backup for example.
   *
   * @throws TenantNotFoundError; ConfigurationError where its schema is missing, or the admin login
   *   lacks a right for it
   */
  async createRole(slug: string): Promise<void> {
    const tenant = await this.#registry.get(slug);
    if (!(await this.#createRole(tenant))) throw missingSchemas([slug]);
  }

  /** @returns false where its schema is missing */
  async #createRole(tenant: Tenant): Promise<boolean> {
    const role = tenant.role ?? roleNameFor(tenant.schema, tenant.id);
    if (!(await this.#provisioner.setUpRole({ ...tenant, role }))) return false;
    await this.#registry.setRole(tenant.slug, role);
    return true;
  }

  /** A page of tenants in the order of their slugs, 100 by default; `registry.all()` goes through all. */
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

  /**
   * Runs `fn` as each active tenant. The first failure stops it: tenants under way are finished, and
   * the error tells of the others. With `continueOnError` the report tells what failed.
   *
   * @example
   * ```ts
   * const { failed } = await tenants.forEach(() => invoices.closeMonth(), {
   *   concurrency: 4,
   *   continueOnError: true,
   * });
   * ```
   * @throws ForEachFailedError with the report, ConfigurationError
   */
  forEach(fn: (tenant: Tenant) => unknown, options?: ForEachOptions): Promise<ForEachReport> {
    return forEachTenant(this.#registry.all({ status: 'active' }), fn, options);
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

function missingSchemas(slugs: readonly string[]): ConfigurationError {
  return new ConfigurationError(`The schemas of these tenants are missing: ${slugs.join(', ')}.`, {
    remedy: 'Restore them from a backup, or delete the rows of tenants that are gone for good.',
  });
}
