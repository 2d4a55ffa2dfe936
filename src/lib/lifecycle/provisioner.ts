import { adminTransaction } from '../connections/admin-transaction.js';
import { hasSchema } from '../connections/has-schema.js';
import { MigrationFailedError } from '../errors.js';
import type { MigrationSession } from '../migrations/migration.js';
import type { Migrator } from '../migrations/migrator.js';
import { SharedSchemas } from '../migrations/shared-schemas.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';
import { applicationRole } from '../roles/login-roles.js';
import { setUpTenantRole, type Roles } from '../roles/tenant-role.js';
import type { Tenant } from '../tenant/tenant.js';
import { tenantSchemaMigration } from './tenant-schema.js';

/** Makes what a tenant has in its database: its schema, its role, and what migrations make there. */
export class Provisioner<TSession extends MigrationSession> {
  readonly #registry: TenantRegistry;
  readonly #migrator: Migrator<TSession>;

  constructor(registry: TenantRegistry, migrator: Migrator<TSession>) {
    this.#registry = registry;
    this.#migrator = migrator;
  }

  /**
   * Makes the schema and the role of a tenant in status `provisioning`, applies every migration, and
   * ends with making it active in one last transaction. Each step is kept by itself and done once,
   * however many calls there are for the same tenant, and whatever has come of those before.
   *
   * @throws TenantExistsError where the schema is there already, TenantNotFoundError where the tenant
   *   was deleted meanwhile, MigrationFailedError, MigrationChangedError, ConfigurationError
   */
  async provision(tenant: Tenant): Promise<Tenant> {
    this.#registry.control.requireSame(tenant.placement);
    const roles = await this.#rolesFor(tenant);
    const creation = tenantSchemaMigration(tenant, roles);
    try {
      return await this.#migrator.migrateNew(tenant, creation, async (session, isCreated) => {
        const active = await this.#registry.activate(session, tenant);
        // Who had begun it may have been of another isolation.
        if (!isCreated) await setUpTenantRole(session, tenant, roles);
        return active;
      });
    } catch (error) {
      const isCreation = error instanceof MigrationFailedError && error.migration === creation.name;
      // It is none of the application's, which could correct it.
      throw isCreation ? error.cause : error;
    }
  }

  /**
   * Creates the tenant's role where it has none, and gives it its rights on the schema as it is now
   * and will be. Doing it again does no harm.
   *
   * @returns false where there is no such schema
   * @throws ConfigurationError where the admin login lacks a right for it
   */
  async setUpRole(tenant: Tenant): Promise<boolean> {
    const { control } = this.#registry;
    control.requireSame(tenant.placement);
    const roles = await this.#rolesFor(tenant);
    return adminTransaction(control.connections, tenant.placement, async (client) => {
      // One at a time: the server fails the second one that grants the same.
      await client.query(`select from ${control.tables.tenants} where id = $1 for no key update`, [
        tenant.id,
      ]);
      if (!(await hasSchema(client, tenant.schema))) return false;
      await setUpTenantRole(client, tenant, roles);
      return true;
    });
  }

  async #rolesFor({ placement, role }: Tenant): Promise<Roles> {
    const { control } = this.#registry;
    return {
      application: await applicationRole(control.connections, placement),
      shared: await new SharedSchemas(control).ensure(role !== undefined),
    };
  }
}
