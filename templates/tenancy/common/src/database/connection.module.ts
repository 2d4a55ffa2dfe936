import { ConnectionManager } from '@mt/runtime';
import { Global, Module, OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';
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
      inject: [ConfigService],
      useFactory: (config: ConfigService<Environment, true>) =>
        DatabaseServer.start(config.get('DATABASE_URL', { infer: true })),
    },
    {
      provide: ConnectionManager,
      inject: [DatabaseServer, ConfigService],
      useFactory: async (
        server: DatabaseServer,
        config: ConfigService<Environment, true>,
      ) => new ConnectionManager(await connectionOptions(server, config)),
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
