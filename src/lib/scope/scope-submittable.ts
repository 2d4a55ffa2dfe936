import type pg from 'pg';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import { UnsupportedStatementError } from '../errors.js';
import { analyse, type Analysis } from '../sql/analysis.js';
import { joinPreludes, type Prelude } from './prelude.js';
import { qualify } from './qualify.js';
import type { Scope } from './scope.js';
import { refuseOutOfScope, type ScopedStatement } from './scope-statement.js';
import { ScopedSubmittable } from './scoped-submittable.js';
import type { QueryCallback } from './tenant-query.js';

/** A cursor or a stream that is ready to be sent. */
export interface ScopedStream extends ScopedStatement {
  /** Tells the cursor or stream that it failed. */
  fail(error: Error): void;
}

/** Where the text is: pg-query-stream keeps it on the cursor inside of it. */
interface HasText {
  readonly text?: unknown;
  readonly name?: unknown;
  readonly cursor?: { readonly text?: unknown };
}

/**
 * Ties a cursor, a query stream or a COPY stream to its tenant.
 *
 * @throws UnsupportedStatementError, TenantContextMissingError; then nothing is sent
 */
export function scopeSubmittable(submittable: pg.Submittable, scope: Scope): ScopedStream {
  const text = textOf(submittable as HasText);
  const analysis = analyse(text);
  refuseOutOfScope(analysis, scope);
  if (scope.quotedSchema !== undefined) refuseWhatIsNoStream(analysis);

  const qualified = qualify(analysis.segments, scope.quotedSchema);
  let ended: QueryCallback | undefined;
  let sentOn: ContextFreeClient | undefined;
  const scoped = new ScopedSubmittable(
    submittable,
    {
      text,
      qualified,
      prelude: () => sentOn && preludeNow(scope, analysis, sentOn),
      copies: analysis.command === 'copy',
    },
    // It has no result of its own: whoever made it reads it.
    (error) => ended?.(error, undefined as unknown as pg.QueryResult),
  );
  return {
    analysis,
    text: qualified,
    timeoutMs: scope.limits.statementTimeoutMs,
    send(client, callback) {
      ended = callback;
      sentOn = client;
      client.query(scoped as unknown as pg.Submittable);
    },
    fail: (error) => scoped.fail(error),
  };
}

/** Not as a prepared statement: where a pooler does not know it, a stream could not be sent again. */
function preludeNow(
  scope: Scope,
  analysis: Analysis,
  client: ContextFreeClient,
): Prelude | undefined {
  scope.question(client, analysis, false);
  return joinPreludes(scope.reset(client), scope.settingsFor(client));
}

function textOf({ text, name, cursor }: HasText): string {
  const found = text ?? cursor?.text;
  if (typeof found !== 'string') {
    throw new UnsupportedStatementError(
      'An object with submit() shows no text that could be tied to a tenant',
      'Pass one that has its SQL in `text`: a pg-cursor, a pg-query-stream or a pg-copy-streams stream.',
    );
  }
  if (name) {
    throw new UnsupportedStatementError(
      'An object with submit() and a name prepares a statement that stays on the connection',
      'Pass { name, text, values }.',
    );
  }
  return found;
}

function refuseWhatIsNoStream(analysis: Analysis): void {
  if (analysis.controlsTransaction || analysis.multiple) {
    throw new UnsupportedStatementError(
      'A cursor or stream runs one statement, which neither begins nor ends a transaction',
      'Send anything else as text.',
    );
  }
  if (analysis.runsOutside) {
    throw new UnsupportedStatementError(
      'The server runs the statement in no transaction, and a cursor or stream is part of one',
      'Send it as text.',
    );
  }
  if (REPLICATION.has(analysis.command)) {
    throw new UnsupportedStatementError(
      'Replication reads every tenant’s changes, so it cannot be tied to one',
      'Use a connection of your own.',
    );
  }
}

/** What a replication connection takes (COPY BOTH), in which there are no schemas. */
const REPLICATION: ReadonlySet<string> = new Set([
  'base_backup',
  'create_replication_slot',
  'start_replication',
]);
