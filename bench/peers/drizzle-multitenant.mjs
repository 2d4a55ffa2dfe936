// As its guide to NestJS has it: the module, and a service for each request.
import { Injectable, Scope } from '@nestjs/common';
import { defineConfig } from 'drizzle-multitenant';
import { InjectTenantDb, TenantModule } from 'drizzle-multitenant/nestjs';
import { findWithDrizzle, moduleOf, users, usersController } from './users.mjs';

class UsersService {
  constructor(db) {
    this.db = db;
  }
  findOne(id) {
    return findWithDrizzle(this.db, id);
  }
}
Injectable({ scope: Scope.REQUEST })(UsersService);
InjectTenantDb()(UsersService, undefined, 0);

export function createModule({ connectionString }, { poolConfig, maxPools }) {
  const config = defineConfig({
    connection: { url: connectionString, ...(poolConfig && { poolConfig }) },
    isolation: {
      strategy: 'schema',
      schemaNameTemplate: (id) => `tenant_${id}`,
      ...(maxPools && { maxPools }),
    },
    schemas: { tenant: { users } },
  });
  return moduleOf({
    imports: [
      TenantModule.forRoot({
        config,
        extractTenantId: (request) => request.headers['x-tenant-id'],
        isGlobal: true,
      }),
    ],
    controllers: [usersController(UsersService)],
    providers: [UsersService],
  });
}
