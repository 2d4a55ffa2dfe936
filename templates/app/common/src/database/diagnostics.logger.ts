import { describeError, onDiagnostics, type Tenant } from '@mt/runtime';
import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import type { Environment } from '../config/environment.js';

/** Logs what the runtime tells of its connections, with the tenant it happened to. */
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

  /** A stack for each would fill the log where it happens with every request. */
  private readonly tellsWhere: boolean;

  constructor(config: ConfigService<Environment, true>) {
    this.tellsWhere = config.get('NODE_ENV', { infer: true }) !== 'production';
    if (!config.get('DATABASE_LOGGING', { infer: true })) return;
    // Not by the ORM, which would log the values that statements are given.
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
