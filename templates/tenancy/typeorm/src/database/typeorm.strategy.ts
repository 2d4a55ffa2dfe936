import { TenantRegistry, type OrmStrategy } from '@mt/runtime';
import { TypeOrmConnection } from '@mt/runtime/typeorm';
import { Injectable } from '@nestjs/common';
import { InjectDataSource } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';

/** Gives code that handles several tenants a data source bound to one of them. */
@Injectable()
export class TypeOrmStrategy implements OrmStrategy<TypeOrmConnection> {
  readonly type = 'typeorm';

  constructor(
    private readonly registry: TenantRegistry,
    @InjectDataSource() private readonly dataSource: DataSource,
  ) {}

  async createConnection(tenantId: string): Promise<TypeOrmConnection> {
    const tenant = await this.registry.getActiveById(tenantId);
    return new TypeOrmConnection(tenant, this.dataSource);
  }

  validateConnection(connection: TypeOrmConnection): boolean {
    return connection.isConnected();
  }
}
