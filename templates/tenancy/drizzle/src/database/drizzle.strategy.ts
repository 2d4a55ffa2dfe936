import {
  ConnectionManager,
  TenantRegistry,
  type OrmStrategy,
} from '@mt/runtime';
import { DrizzleConnection } from '@mt/runtime/drizzle';
import { Injectable } from '@nestjs/common';
import { InjectDatabase, type Database } from './database.js';
import type * as schema from './schema.js';

type Connection = DrizzleConnection<typeof schema>;

/** Gives code that handles several tenants a database bound to one of them. */
@Injectable()
export class DrizzleStrategy implements OrmStrategy<Connection> {
  readonly type = 'drizzle';

  constructor(
    private readonly connections: ConnectionManager,
    private readonly registry: TenantRegistry,
    @InjectDatabase() private readonly database: Database,
  ) {}

  async createConnection(tenantId: string): Promise<Connection> {
    const tenant = await this.registry.getActiveById(tenantId);
    return new DrizzleConnection(this.connections, tenant, this.database);
  }

  validateConnection(connection: Connection): boolean {
    return connection.isConnected();
  }
}
