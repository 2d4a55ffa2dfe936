import type { DataSource } from 'typeorm';
import { TenantOrmConnection } from '../orm/tenant-orm-connection.js';

/** TypeORM's DataSource, bound to one tenant. */
export class TypeOrmConnection extends TenantOrmConnection<DataSource> {
  isConnected(): boolean {
    return this.getDatabase().isInitialized;
  }
}
