// As its README (TypeORM) and its guide from TypeORM to Drizzle have it.
import { Injectable } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  createTenantRepositoryProviders,
  EntityRegistry,
  InjectTenantDb,
  InjectTenantRepository,
  MultiTenantModule,
} from 'nestjs-multitenant';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { findWithDrizzle, moduleOf, users, usersController } from './users.mjs';

class User {
  id;
  owner;
  name;
}
Entity('users')(User);
PrimaryColumn({ type: 'int' })(User.prototype, 'id');
Column({ type: 'varchar', length: 63 })(User.prototype, 'owner');
Column({ type: 'varchar', length: 255 })(User.prototype, 'name');
EntityRegistry.getInstance().registerEntity('User', User);

class TypeOrmUsersService {
  constructor(repository) {
    this.repository = repository;
  }
  findOne(id) {
    return this.repository.findOne({ where: { id } });
  }
}
Injectable()(TypeOrmUsersService);
InjectTenantRepository(User)(TypeOrmUsersService, undefined, 0);

class DrizzleUsersService {
  constructor(db) {
    this.db = db;
  }
  findOne(id) {
    return findWithDrizzle(this.db, id);
  }
}
Injectable()(DrizzleUsersService);
InjectTenantDb()(DrizzleUsersService, undefined, 0);

const modes = {
  typeorm: (database) => ({
    // Its README has this "main connection" beside its own, and its admin service asks for it.
    imports: [TypeOrmModule.forRoot({ type: 'postgres', ...database, schema: 'public' })],
    options: {},
    providers: createTenantRepositoryProviders([User]),
    UsersService: TypeOrmUsersService,
  }),
  drizzle: () => ({
    imports: [],
    options: { orm: { type: 'drizzle', drizzle: { schema: { users } } } },
    providers: [],
    UsersService: DrizzleUsersService,
  }),
};

export function createModule({ connectionString }, { orm }) {
  const database = databaseOf(new URL(connectionString));
  const { imports, options, providers, UsersService } = modes[orm](database);
  return moduleOf({
    imports: [
      configModule(database),
      ...imports,
      MultiTenantModule.forRoot({
        ...options,
        database,
        platform: 'express',
        tenantResolution: { strategy: 'header', headerName: 'x-tenant-id' },
      }),
    ],
    controllers: [usersController(UsersService)],
    providers: [...providers, UsersService],
  });
}

function databaseOf({ hostname, port, username, password, pathname }) {
  const server = { host: hostname, port: Number(port), username, password };
  return { ...server, database: pathname.slice(1), synchronize: false };
}

/** The variables that its documentation has in .env. */
function configModule({ host, port, username, password, database }) {
  const variables = { HOST: host, PORT: port, USERNAME: username, PASSWORD: password };
  for (const [name, value] of Object.entries({ ...variables, DATABASE: database })) {
    process.env[`DB_${name}`] = value;
  }
  // Its table of tenants is there already. As a variable this would be the text "false", which it
  // takes for true.
  const load = [() => ({ MULTITENANT_RUN_ADMIN_MIGRATIONS: false })];
  return ConfigModule.forRoot({ isGlobal: true, load });
}
