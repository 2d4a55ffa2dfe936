import { describeError } from '@mt/runtime';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/**
 * Nest's logger, with errors as a log may keep them: without what was given to statements, which are
 * names and e-mails.
 */
export class ApplicationLogger extends ConsoleLogger {
  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ) {
    const told = messages.map((message) =>
      message instanceof Error
        ? describeError(message, { stack: true })
        : message,
    );
    super.printMessages(told, context, level, stream, stack, params);
  }
}
