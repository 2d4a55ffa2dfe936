import { channel } from 'node:diagnostics_channel';
import { Logger } from '@nestjs/common';
import { validateEnvironment } from '../config/environment.js';
import { DiagnosticsLogger } from './diagnostics.logger.js';

describe('DiagnosticsLogger', () => {
  let diagnostics: DiagnosticsLogger;
  const warn = vi.spyOn(Logger.prototype, 'warn').mockReturnValue();
  const log = vi.spyOn(Logger.prototype, 'log').mockReturnValue();
  const statement = {
    tenant: { slug: 'acme' },
    text: 'select $1',
    durationMs: 1234.5,
  };

  beforeEach(() => vi.clearAllMocks());

  const start = (DATABASE_LOGGING: 'true' | 'false') => {
    diagnostics = new DiagnosticsLogger(
      validateEnvironment({ DATABASE_LOGGING }),
    );
  };

  afterEach(() => diagnostics.onApplicationShutdown());

  it('names the tenant, until the application ends', () => {
    start('false');
    channel('mt:slow-statement').publish(statement);
    diagnostics.onApplicationShutdown();
    channel('mt:slow-statement').publish(statement);
    expect(warn.mock.calls).toEqual([['acme: 1235 ms for select $1']]);
  });

  it('tells the innermost reason, also of an error without a message', () => {
    start('false');
    const cause = Object.assign(new AggregateError([]), {
      code: 'ECONNREFUSED',
    });
    const error = new Error('No connection could be opened.', { cause });
    channel('mt:failed-checkout').publish({ waitedMs: 3, error });
    expect(warn.mock.calls).toEqual([
      [
        'no tenant: no connection after 3 ms: Error: No connection could be opened. Caused by: AggregateError: ECONNREFUSED',
      ],
    ]);
  });

  it('tells of every statement where that is asked for', () => {
    start('false');
    channel('mt:statement').publish(statement);
    expect(log).not.toHaveBeenCalled();
    diagnostics.onApplicationShutdown();

    start('true');
    channel('mt:statement').publish(statement);
    expect(log.mock.calls).toEqual([['acme: 1235 ms for select $1']]);
  });
});
