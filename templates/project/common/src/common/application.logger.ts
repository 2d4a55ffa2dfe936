import { describeError } from '@mt/runtime';
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

/**
 * Nest's logger, with errors in a form that a log may keep: without the values of statements, which are
 * names and e-mail addresses.
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
