import type { Observer } from '../diagnostics/observer.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Connection } from './connection.js';
import type { PooledClient } from './context-free-client.js';
import { endsConnection, leavesConnectionUsable } from './pg-errors.js';
import type { ScopedStatement } from '../scope/scope-statement.js';
import type { QueryCallback } from '../scope/tenant-query.js';
import { statementError } from './typed-errors.js';

/** What the callback is told besides node-postgres' own: whether the connection may be used on. */
export type RunCallback = (
  error: Error | null,
  result: Parameters<QueryCallback>[1],
  usable: boolean,
) => void;

/** Sends a statement on a connection, once that is its tenant's, and tells how it went. */
export function runStatement(
  connection: Connection,
  statement: ScopedStatement,
  tenant: Tenant | undefined,
  observer: Observer,
  callback: RunCallback,
): void {
  const { client } = connection;
  const { analysis } = statement;
  const started = performance.now();
  const sent = !client.lost;
  connection.running++;
  statement.send(client, (failure, result) => {
    const now = performance.now();
    connection.running--;
    connection.lastUsed = now;
    if (!failure) {
      observer.statementEnded(tenant, statement.text, now - started, undefined);
      return callback(null, result, true);
    }
    const usable = leavesConnectionUsable(failure);
    const lost = client.lost || endsConnection(failure);
    const nothingKept =
      !sent || (!analysis.commits && (analysis.onlyControlsTransaction || isInTransaction(client)));
    // What fails after it is the rest of the same work: Drizzle and Kysely answer a COMMIT that was
    // lost with the error of the ROLLBACK that they send then.
    if (lost && !nothingKept) connection.inDoubt = true;
    const error = statementError(failure, {
      lost,
      nothingKept: !connection.inDoubt,
      durationMs: now - started,
      timeoutMs: statement.timeoutMs,
    });
    observer.statementEnded(tenant, statement.text, now - started, error);
    callback(error, result, usable && !client.lost);
  });
}

/** The state that the server told last, and so that of before the statement. */
function isInTransaction(client: PooledClient): boolean {
  const status = client.getTransactionStatus();
  return status === 'T' || status === 'E';
}
