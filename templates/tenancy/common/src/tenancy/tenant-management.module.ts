import {
  ConnectionManager,
  describeError,
  Migrator,
  TenantRegistry,
  Tenants,
} from '@mt/runtime';
import { Global, Logger, Module } from '@nestjs/common';
import { tenantMigrations } from '../database/tenant-migrations.js';

/** Provides the tenants and their migrations. The command line uses this module too, so it knows nothing of HTTP. */
@Global()
@Module({
  providers: [
    {
      provide: TenantRegistry,
      inject: [ConnectionManager],
      useFactory: async (connections: ConnectionManager) => {
        const logger = new Logger(TenantRegistry.name);
        const registry = new TenantRegistry(connections, {
          onWatchLost: (error) => logger.warn(describeError(error)),
        });
        await registry.setup();
        return registry;
      },
    },
    {
      provide: Migrator,
      inject: [ConnectionManager, TenantRegistry],
      useFactory: (connections: ConnectionManager, registry: TenantRegistry) =>
        new Migrator(connections, registry, tenantMigrations(connections)),
    },
    {
      provide: Tenants,
      inject: [TenantRegistry, Migrator],
      useFactory: (registry: TenantRegistry, migrator: Migrator) =>
        new Tenants(registry, migrator),
    },
  ],
  exports: [TenantRegistry, Migrator, Tenants],
})
export class TenantManagementModule {}
