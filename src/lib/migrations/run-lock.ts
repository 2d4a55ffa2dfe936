import type pg from 'pg';
import { hasSqlState, SqlState } from '../pool/server-errors.js';
import { connectError } from '../pool/connect-error.js';
import { contained } from '../contained.js';
import { poll } from '../poll.js';
import type { ControlDatabase } from '../registry/control-database.js';
import type { ControlTables } from '../registry/control-tables.js';
import { explainMissing } from '../registry/explain-missing.js';
import { withRight } from '../roles/missing-right.js';

export interface RunLockOptions {
  /** Ends the wait for another run. */
  readonly signal?: AbortSignal | undefined;
  /** Told once where another run has to be waited for. */
  readonly onWait?: (() => void) | undefined;
}

/**
 * Runs `work` while no other process migrates tenants of the same registry, wherever they live.
 *
 * What is locked is a table of the control schema, on which tenants have no rights. The lock is held by
 * an open transaction on a connection of its own, not of the pool: it goes when the process dies, works
 * behind a pooler in transaction mode, and takes no connection from the work it guards. The
 * transaction does nothing else and is READ COMMITTED, so it holds no snapshot and no number: nothing
 * in the database waits for it, and vacuum goes on.
 *
 * @throws WaitAborted, DatabaseUnavailableError, ConfigurationError
 */
export async function withRunLock<T>(
  control: ControlDatabase,
  { signal, onWait }: RunLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const client = control.separateClient();
  // Losing it costs the run its exclusiveness, not its correctness: the ledger gives each migration of
  // a tenant to one process.
  client.on('error', () => undefined);
  try {
    await client.connect().catch((error: unknown) => {
      throw connectError(error);
    });
    let waits = false;
    await poll(async () => {
      if (await tryLock(client, control.tables)) return true;
      if (!waits) contained(() => onWait?.());
      waits = true;
      return undefined;
    }, signal);
    return await work();
  } finally {
    await client.end();
  }
}

async function tryLock(client: pg.Client, tables: ControlTables): Promise<boolean> {
  try {
    // Asked first: each attempt that fails is an error in the server's log.
    if (await isLocked(client, tables)) return false;
    await client.query('begin isolation level read committed read write');
    await client.query(NO_LIMITS);
    await withRight(LOCK, () =>
      client.query(`lock table ${tables.migrationRun} in exclusive mode nowait`),
    );
    return true;
  } catch (error) {
    if (!hasSqlState(error, SqlState.lockNotAvailable)) throw explainMissing(error, tables);
    await client.query('rollback');
    return false;
  }
}

async function isLocked(client: pg.Client, { migrationRun }: ControlTables): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_catalog.pg_locks
     where locktype = 'relation' and relation = $1::regclass and mode = 'ExclusiveLock' and granted
       and database = (select oid from pg_catalog.pg_database where datname = current_database())`,
    [migrationRun],
  );
  return rows.length > 0;
}

/** The login's own limits are for applications; a lock has to idle for as long as the run takes. */
const NO_LIMITS = `select set_config(name, '0', true) from pg_catalog.pg_settings
  where name in ('statement_timeout', 'idle_in_transaction_session_timeout', 'transaction_timeout')`;

const LOCK = {
  problem: 'The login of the application may not take the lock of a migration run.',
  remedy: 'Call registry.setup() once where the admin login is configured: it grants that.',
};
