import { Module } from '@nestjs/common';
import { EnvironmentModule } from '../../config/environment.module.js';
import { ConnectionModule } from '../../database/connection.module.js';
import { TenantManagementModule } from '../tenant-management.module.js';

/** The application without its HTTP part and its resources. */
@Module({
  imports: [EnvironmentModule, ConnectionModule, TenantManagementModule],
})
export class CliModule {}
