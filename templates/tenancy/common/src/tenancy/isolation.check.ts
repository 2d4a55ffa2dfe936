import {
  ConnectionManager,
  IsolationMonitor,
  TenantRegistry,
  verifyIsolation,
} from '@mt/runtime';
import {
  BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  OnModuleInit,
} from '@nestjs/common';
import { environment, type Environment } from '../config/environment.js';

/**
 * Refuses to start if tenants cannot be kept apart, and goes on checking while the application runs.
 * DiagnosticsLogger logs what the later checks find.
 */
@Injectable()
export class IsolationCheck implements OnModuleInit, BeforeApplicationShutdown {
  private readonly logger = new Logger(IsolationCheck.name);
  private readonly monitor: IsolationMonitor;
  private readonly intervalMs: number;

  constructor(
    private readonly connections: ConnectionManager,
    private readonly registry: TenantRegistry,
    @Inject(environment.KEY) env: Environment,
  ) {
    this.intervalMs = env.TENANT_ISOLATION_CHECK_SECONDS * 1000;
    this.monitor = new IsolationMonitor(connections, registry, {
      intervalMs: this.intervalMs,
    });
  }

  async onModuleInit() {
    const { warnings } = await verifyIsolation(this.connections, this.registry);
    for (const warning of warnings) this.logger.warn(warning);

    // The application does not wait for what is only told.
    if (this.intervalMs > 0) void this.watch();
  }

  private async watch() {
    await this.monitor.start();
    const error = this.monitor.report?.error;
    if (error) {
      this.logger.warn(
        `Cannot look whether tenants are kept apart (${error.message}). Run "npm run tenant -- check" once, where DATABASE_ADMIN_URL is set.`,
      );
    }
  }

  // The connections are closed after this, in onApplicationShutdown.
  async beforeApplicationShutdown() {
    await this.monitor.stop();
  }
}
