import { ConnectionManager } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { Global, Module } from '@nestjs/common';
import { DATABASE } from './database.js';
import { DrizzleStrategy } from './drizzle.strategy.js';
import * as schema from './schema.js';

@Global()
@Module({
  providers: [
    {
      provide: DATABASE,
      inject: [ConnectionManager],
      useFactory: (connections: ConnectionManager) =>
        createTenantDatabase(connections, { schema }),
    },
    DrizzleStrategy,
  ],
  exports: [DATABASE, DrizzleStrategy],
})
export class DatabaseModule {}
