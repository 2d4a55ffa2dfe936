import { ConnectionManager } from '@mt/runtime';
import { TenantDataSource, tenantDataSourceOptions } from '@mt/runtime/typeorm';
import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { DataSourceOptions } from 'typeorm';
import { typeormOptions } from './typeorm-options.js';
import { TypeOrmStrategy } from './typeorm.strategy.js';

@Global()
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [ConnectionManager],
      useFactory: (connections: ConnectionManager) => ({
        ...tenantDataSourceOptions(connections, typeormOptions),
        autoLoadEntities: true,
      }),
      dataSourceFactory: async (options?: DataSourceOptions) =>
        new TenantDataSource(options),
    }),
  ],
  providers: [TypeOrmStrategy],
  exports: [TypeOrmStrategy],
})
export class DatabaseModule {}
