import type { TestDatabase } from './database.js';
import { findPgBouncer } from './pgbouncer/find.mjs';
import { startPgBouncer, type PgBouncer, type PgBouncerOptions } from './pgbouncer/start.mjs';

export { findPgBouncer } from './pgbouncer/find.mjs';
export { startPgBouncer, type PgBouncer, type PgBouncerOptions } from './pgbouncer/start.mjs';

/**
 * `describe` for tests that need a PgBouncer. Where there is none they are reported as skipped, and
 * the run says what is missing.
 */
export const describeWithPgBouncer: jest.Describe = findPgBouncer()
  ? describe
  : skipLoudly(describe.skip);

function skipLoudly(skip: jest.Describe): jest.Describe {
  // Not console.warn(): Jest would add a stack trace, and leaves it out where it is told to be silent.
  process.stderr.write(
    '\nSKIPPED: PgBouncer is not installed, so nothing is tested behind a pooler. ' +
      'Install it (apt-get install pgbouncer, brew install pgbouncer).\n',
  );
  return skip;
}

/** A PgBouncer in front of a test database, for the tests of a `describe`. */
export function usePgBouncer(
  database: TestDatabase,
  options: Omit<PgBouncerOptions, 'connectionString'>,
): Omit<PgBouncer, 'stop'> {
  const used = {} as { -readonly [K in keyof PgBouncer]: PgBouncer[K] };
  beforeAll(async () => {
    Object.assign(
      used,
      await startPgBouncer({ connectionString: database.connectionString, ...options }),
    );
  });
  afterAll(() => used.stop());
  return used;
}
