// What the generated application does, with the least of Nest: a middleware looks the tenant up and
// runs the rest of the request as that tenant; controller and service are singletons.
import { ConnectionManager, runWithTenant, TenantRegistry } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { Inject } from '@nestjs/common';
import { findWithDrizzle, User } from '../support/users.mjs';
import { moduleOf, usersController } from './users.mjs';

const finders = {
  drizzle: (connections) => {
    const db = createTenantDatabase(connections);
    return (id) => findWithDrizzle(db, id);
  },
  typeorm: async (connections) => {
    const source = await createTenantDataSource(connections, { entities: [User] }).initialize();
    const repository = source.getRepository(User);
    return (id) => repository.findOneBy({ id });
  },
};

class UsersService {
  constructor(find) {
    this.find = find;
  }
  findOne(id) {
    return this.find(id);
  }
}

class TenantMiddleware {
  constructor(registry) {
    this.registry = registry;
  }
  async use(request, _response, next) {
    const tenant = await this.registry.getActive(request.headers['x-tenant-id']);
    return runWithTenant(tenant, next);
  }
}
Inject(TenantRegistry)(TenantMiddleware, undefined, 0);

export async function createModule({ connectionString }, { orm }) {
  const connections = new ConnectionManager({ connectionString });
  const find = await finders[orm](connections);
  return moduleOf(
    {
      controllers: [usersController(UsersService)],
      providers: [
        { provide: TenantRegistry, useValue: new TenantRegistry(connections) },
        { provide: UsersService, useValue: new UsersService(find) },
      ],
    },
    (consumer) => consumer.apply(TenantMiddleware).forRoutes('{*path}'),
  );
}
