import type { Observer } from '../diagnostics/observer.js';
import type { ScopedStatement } from '../scope/scope-statement.js';
import type { QueryCallback } from '../scope/tenant-query.js';
import type { Tenant } from '../tenant/tenant.js';
import { whenAnswered } from '../pool/answered.js';
import type { Checkout } from '../pool/checkout.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import { NO_RESULT } from './answer.js';
import { mayBeKeptWhereFailed, mayBeKeptWhereLost } from './kept.js';
import { isNeverSent } from '../pool/server-errors.js';
import { openAlone } from './open-alone.js';
import { statementError } from './statement-error.js';

/** What the callback is told besides node-postgres' own: whether the connection may be used on. */
export type RunCallback = (
  error: Error | null,
  result: Parameters<QueryCallback>[1],
  usable: boolean,
) => void;

/**
 * Sends a statement on a connection, once that is its tenant's, and tells how it went. The callback is
 * called once, also where sending throws.
 */
export function runStatement(
  connection: Checkout,
  statement: ScopedStatement,
  tenant: Tenant | undefined,
  observer: Observer,
  callback: RunCallback,
): void {
  if (!statement.alone) {
    return run(connection.client, connection, statement, tenant, observer, callback);
  }
  openAlone(connection, statement.alone, (error, client) => {
    // The pool's own connection was not used.
    if (!client) return callback(error, NO_RESULT, true);
    run(client, connection, statement, tenant, observer, (failure, result) => {
      client.end(() => undefined);
      callback(failure, result, true);
    });
  });
}

function run(
  client: ContextFreeClient,
  connection: Checkout,
  statement: ScopedStatement,
  tenant: Tenant | undefined,
  observer: Observer,
  callback: RunCallback,
): void {
  const { analysis, text, timeoutMs } = statement;
  const started = performance.now();
  const sent = !client.lost;
  const end = (error: Error | null, result: Parameters<QueryCallback>[1], usable: boolean) => {
    const now = performance.now();
    connection.running--;
    connection.lastUsed = now;
    observer.statementEnded(tenant, text, now - started, error ?? undefined);
    callback(error, result, usable);
  };
  const answer: QueryCallback = (failure, result) => {
    if (!failure) return end(null, result, true);
    // Of before the statement: of its own end the server tells after the error.
    const status = client.getTransactionStatus();
    const durationMs = performance.now() - started;
    whenAnswered(client, failure, (state) => {
      const lost = state === 'lost';
      const kept = lost
        ? sent && !isNeverSent(failure) && mayBeKeptWhereLost(analysis, status)
        : mayBeKeptWhereFailed(analysis, text, status);
      // What fails after it is the rest of the same work: Drizzle and Kysely answer a COMMIT that was
      // lost with the error of the ROLLBACK that they send then.
      if (lost && kept) connection.inDoubt = true;
      const nothingKept = !kept && !(lost && connection.inDoubt);
      const error = statementError(failure, { lost, nothingKept, durationMs, timeoutMs });
      end(error, result, state === 'ready');
    });
  };
  connection.running++;
  try {
    statement.send(client, answer);
  } catch (error) {
    // node-postgres may have taken it for the one that runs: nothing else would be sent there.
    client.destroy();
    answer(error as Error, NO_RESULT);
  }
}
