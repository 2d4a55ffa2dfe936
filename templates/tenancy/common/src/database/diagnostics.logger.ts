import { describeError, onDiagnostics, type Tenant } from '@mt/runtime';
import {
  Inject,
  Injectable,
  Logger,
  OnApplicationShutdown,
} from '@nestjs/common';
import { environment, type Environment } from '../config/environment.js';

/** Logs the events of the runtime's connections, each with its tenant. */
@Injectable()
export class DiagnosticsLogger implements OnApplicationShutdown {
  private readonly logger = new Logger(DiagnosticsLogger.name);

  private readonly subscriptions = [
    onDiagnostics('slow-statement', ({ tenant, durationMs, text }) =>
      this.logger.warn(
        `${nameOf(tenant)}: ${Math.round(durationMs)} ms for ${text}`,
      ),
    ),
    onDiagnostics('late-statement', ({ tenant, error }) =>
      this.logger.warn(
        `${nameOf(tenant)}: ${describeError(error, { stack: this.tellsWhere })}`,
      ),
    ),
    onDiagnostics('failed-checkout', ({ tenant, waitedMs, error }) =>
      this.logger.warn(
        `${nameOf(tenant)}: no connection after ${Math.round(waitedMs)} ms: ${describeError(error)}`,
      ),
    ),
    onDiagnostics('lost-connection', ({ placement, error }) =>
      this.logger.warn(
        `Lost an idle connection to ${placement}: ${describeError(error)}`,
      ),
    ),
    onDiagnostics('isolation-violation', ({ violations }) =>
      this.logger.fatal(`Tenants are not isolated: ${violations.join('; ')}`),
    ),
  ];

  /** Whether events are logged with a stack. In production it would fill the log: they may come with every request. */
  private readonly tellsWhere: boolean;

  constructor(@Inject(environment.KEY) env: Environment) {
    this.tellsWhere = env.NODE_ENV !== 'production';
    if (!env.DATABASE_LOGGING) return;
    // The ORM does not log statements, because it would log their values as well.
    this.subscriptions.push(
      onDiagnostics('statement', ({ tenant, durationMs, text }) =>
        this.logger.log(
          `${nameOf(tenant)}: ${Math.round(durationMs)} ms for ${text}`,
        ),
      ),
    );
  }

  onApplicationShutdown() {
    for (const end of this.subscriptions) end();
  }
}

function nameOf(tenant: Tenant | undefined): string {
  return tenant?.slug ?? 'no tenant';
}
