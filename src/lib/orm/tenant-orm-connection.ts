import { runWithTenant } from '../context.js';
import type { Tenant } from '../tenant/tenant.js';
import type { OrmConnection } from './orm-strategy.js';

/**
 * An ORM's database, which all tenants share, bound to one of them. It holds no connection to the
 * server: those are taken from the shared pool, statement by statement.
 */
export abstract class TenantOrmConnection<TDatabase> implements OrmConnection<TDatabase> {
  readonly tenant: Tenant;
  readonly #database: TDatabase;

  constructor(tenant: Tenant, database: TDatabase) {
    this.tenant = tenant;
    this.#database = database;
  }

  get tenantId(): string {
    return this.tenant.id;
  }

  abstract isConnected(): boolean;

  /** The shared handle. It works as the tenant inside {@link run}, or in the tenant's own context. */
  getDatabase(): TDatabase {
    return this.#database;
  }

  /**
   * Runs `work` as this connection's tenant.
   *
   * @example
   * ```ts
   * const connection = await strategy.createConnection(tenant.id);
   * const users = await connection.run((db) => db.select().from(schema.users));
   * ```
   */
  run<T>(work: (database: TDatabase) => T): T {
    return runWithTenant(this.tenant, () => work(this.#database));
  }
}
