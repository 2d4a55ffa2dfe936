import { hasSqlState, SqlState } from '../pool/server-errors.js';
import { MigrationFailedError } from '../errors.js';
import { poll } from '../poll.js';
import { ClaimedElsewhere, type MigrationLedger } from './ledger.js';
import type { Migration, MigrationSession } from './migration.js';
import type { MigrationTarget } from './target.js';

export interface ApplyOptions {
  /** Ends the wait for another process that applies the same. */
  readonly signal?: AbortSignal | undefined;
  /** Told of each migration once it is kept. */
  readonly onApplied?: (name: string) => void;
}

/**
 * Brings one target up to date: each migration and its row in the ledger are one transaction. Killed at
 * any point, a migration was applied and the ledger says so, or neither; the next one goes on there.
 *
 * @throws MigrationFailedError, TenantNotFoundError where the tenant was deleted meanwhile, WaitAborted
 */
export async function applyMigrations<TSession extends MigrationSession>(
  target: MigrationTarget<TSession>,
  ledger: MigrationLedger,
  migrations: readonly Migration<TSession>[],
  { signal, onApplied }: ApplyOptions = {},
): Promise<void> {
  for (const migration of await ledger.lackedBy(target, migrations)) {
    const isOurs = await applyMigration(target, ledger, migration, signal);
    if (isOurs) onApplied?.(migration.name);
  }
}

/**
 * Applies one migration, unless it was: a process that is at it already is waited for.
 *
 * @returns whether it was applied by this call
 */
export function applyMigration<TSession extends MigrationSession>(
  target: MigrationTarget<TSession>,
  ledger: MigrationLedger,
  migration: Migration<TSession>,
  signal?: AbortSignal,
): Promise<boolean> {
  return poll(async () => {
    let begun = false;
    try {
      return await target.transaction(async (session) => {
        begun = await ledger.claim(session, target, migration);
        if (!begun) return false;
        const started = performance.now();
        await migration.up(session);
        await ledger.finish(session, target, migration, performance.now() - started);
        return true;
      });
    } catch (error) {
      if (error instanceof ClaimedElsewhere) return undefined;
      if (!begun) throw error;
      throw new MigrationFailedError(target.slug, migration.name, error, remedyFor(error));
    }
  }, signal);
}

function remedyFor(error: unknown): string | undefined {
  return hasSqlState(error, SqlState.unsafeNewEnumValueUsage)
    ? 'Put what uses the new value into the next migration: a value can be used once its transaction is over, and each migration is one.'
    : undefined;
}
