// `users` as the packages compared with take it, and the controller that all contestants share.
// Plain JavaScript has no decorators: they are called as the functions that they are.
import 'reflect-metadata';
import { Controller, Get, Inject, Module, Param } from '@nestjs/common';
import { eq } from 'drizzle-orm';
import { integer, pgTable, varchar } from 'drizzle-orm/pg-core';

/** Names no schema: these packages say which one through the search path. */
export const users = pgTable('users', {
  id: integer().primaryKey(),
  owner: varchar({ length: 63 }).notNull(),
  name: varchar({ length: 255 }).notNull(),
});

export async function findWithDrizzle(db, id) {
  const [user] = await db.select().from(users).where(eq(users.id, id));
  return user;
}

/** `GET /users/:id`, answered by what the service has under that id. */
export function usersController(UsersService) {
  class UsersController {
    constructor(service) {
      this.service = service;
    }
    findOne(id) {
      return this.service.findOne(Number(id));
    }
  }
  const { prototype } = UsersController;
  Inject(UsersService)(UsersController, undefined, 0);
  Param('id')(prototype, 'findOne', 0);
  Get(':id')(prototype, 'findOne', Object.getOwnPropertyDescriptor(prototype, 'findOne'));
  Controller('users')(UsersController);
  return UsersController;
}

/** A module with these imports, providers and controllers, and perhaps middlewares. */
export function moduleOf(metadata, configure = () => undefined) {
  class AppModule {
    configure(consumer) {
      configure(consumer);
    }
  }
  Module(metadata)(AppModule);
  return AppModule;
}
