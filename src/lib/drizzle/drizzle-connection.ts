import type { NodePgDatabase } from 'drizzle-orm/node-postgres';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { TenantOrmConnection } from '../orm/tenant-orm-connection.js';
import type { Tenant } from '../tenant/tenant.js';

/** Drizzle's database, bound to one tenant. */
export class DrizzleConnection<
  TSchema extends Record<string, unknown> = Record<string, never>,
> extends TenantOrmConnection<NodePgDatabase<TSchema>> {
  readonly #connections: ConnectionManager;

  constructor(connections: ConnectionManager, tenant: Tenant, database: NodePgDatabase<TSchema>) {
    super(tenant, database);
    this.#connections = connections;
  }

  isConnected(): boolean {
    return !this.#connections.closed;
  }
}
