import { ConnectionManager } from '@mt/runtime';
import { Global, Module, OnApplicationShutdown } from '@nestjs/common';
import { environment, type Environment } from '../config/environment.js';
import { connectionOptions } from './connection-options.js';
import { DatabaseServer } from './database-server.js';
import { DiagnosticsLogger } from './diagnostics.logger.js';

/** One pool of connections for all tenants, whatever their number. */
@Global()
@Module({
  providers: [
    DiagnosticsLogger,
    {
      provide: DatabaseServer,
      inject: [environment.KEY],
      useFactory: ({ DATABASE_URL }: Environment) =>
        DatabaseServer.start(DATABASE_URL),
    },
    {
      provide: ConnectionManager,
      inject: [DatabaseServer, environment.KEY],
      useFactory: async (server: DatabaseServer, env: Environment) =>
        new ConnectionManager(await connectionOptions(server, env)),
    },
  ],
  exports: [ConnectionManager],
})
export class ConnectionModule implements OnApplicationShutdown {
  constructor(
    private readonly connections: ConnectionManager,
    private readonly server: DatabaseServer,
  ) {}

  // Nest calls this when the last request has been answered.
  async onApplicationShutdown() {
    await this.connections.close();
    await this.server.stop();
  }
}
