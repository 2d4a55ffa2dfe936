import type pg from 'pg';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import { bindContext, type Frame } from '../context.js';
import { TenantContextMissingError, UnsupportedStatementError } from '../errors.js';
import { whole } from '../option-checks.js';
import { analyse, type Analysis } from '../sql/analysis.js';
import type { Refusal } from '../sql/refusal.js';
import { qualify } from './qualify.js';
import type { Scope } from './scope.js';
import { ScopedQuery } from './scoped-query.js';
import { ScopedText } from './scoped-text.js';
import type { QueryCallback, QueryConfig } from './tenant-query.js';

export type QueryInput = string | pg.QueryConfig | pg.QueryArrayConfig | pg.Submittable;

/** A statement that is ready to be sent on behalf of its tenant, or of code without one. */
export interface ScopedStatement {
  readonly analysis: Analysis;
  /** As it is sent, for logs. */
  readonly text: string;
  /** How long the server lets it take, in milliseconds; 0 where its tenant has no limit. */
  readonly timeoutMs: number;
  /**
   * The settings for the session of a connection that it has to itself, since the server runs it in no
   * transaction. Undefined for all that are sent along with their settings.
   */
  readonly alone?: readonly string[] | undefined;
  /** Sends it; the callback is called once. */
  send(client: ContextFreeClient, callback: QueryCallback): void;
}

/**
 * Ties a statement to its tenant: puts the tenant's schema in the place of the marker, and has the
 * tenant's search path, role and limits set in the same round trip.
 *
 * @param frame in which it is sent
 * @throws UnsupportedStatementError, TenantContextMissingError; then nothing is sent
 */
export function scopeStatement(
  input: QueryInput,
  values: unknown[] | undefined,
  scope: Scope,
  frame: Frame | undefined,
): ScopedStatement {
  const config = toConfig(input);
  const given = values ?? config.values;
  if (given !== undefined && !Array.isArray(given)) {
    throw new UnsupportedStatementError(
      'The values of a statement are not an array',
      'Pass an array.',
    );
  }
  const bound = given && bindValues(given);
  const analysis = analyse(config.text);
  refuseOutOfScope(analysis, scope);
  const text = qualify(analysis.segments, scope.quotedSchema);
  const timeoutMs = scope.limits.statementTimeoutMs;
  if (analysis.runsOutside && !analysis.multiple && scope.isSet) {
    const alone = scope.settings.sessionStatements;
    return {
      analysis,
      text,
      timeoutMs,
      alone,
      send: (client, callback) =>
        client.query({ ...config, name: undefined, text, values: bound ?? [] }, callback),
    };
  }
  // Code could go on without its settings.
  const mustNotCommit = analysis.runsCode && scope.isSet;
  const asText = (analysis.parts.length > 0 || mustNotCommit) && !given?.length;
  const mayPrepare = analysis.repeats && !frame?.plansAnew;
  return {
    analysis,
    text,
    timeoutMs,
    send(client, callback) {
      if (!asText && mustNotCommit && mayCommit(client)) return callback(commits(), NO_RESULT);
      const query: unknown = asText
        ? new ScopedText(analysis, config, scope, client, once(callback))
        : new ScopedQuery(text, config, bound, scope, analysis, mayPrepare, client, once(callback));
      client.query(query as pg.Submittable);
    },
  };
}

/**
 * @throws TenantContextMissingError where there is no tenant to stand for the marker,
 *   UnsupportedStatementError for what the next tenant on the connection would inherit, and for what
 *   reaches past the tenant
 */
export function refuseOutOfScope(analysis: Analysis, scope: Scope): void {
  if (scope.quotedSchema === undefined) {
    if (analysis.marked) throw new TenantContextMissingError('A statement on a tenant table');
    return;
  }
  if (analysis.refusal) throw refused(analysis.refusal);
  scope.refuseSharedWrites(analysis);
  if (analysis.runsOutside && analysis.multiple) throw amongOthers();
  if (analysis.beyondTenant && !scope.isOwners) throw refused(analysis.beyondTenant);
}

/**
 * Whether code could commit, and go on without the settings of its tenant. Sent as text, or in a
 * transaction, the server does not let it; nor do later versions otherwise.
 */
function mayCommit(client: ContextFreeClient): boolean {
  return client.serverVersion < 18 && client.getTransactionStatus() === 'I';
}

function commits(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'What CALL with parameters runs could commit, and go on without its tenant',
    'Send it in a transaction.',
  );
}

function amongOthers(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A text of several statements is one transaction, and the server runs one of them in none',
    'Send that one by itself.',
  );
}

/** node-postgres passes no result with an error. */
const NO_RESULT = undefined as unknown as pg.QueryResult;

function refused({ reason, remedy }: Refusal): UnsupportedStatementError {
  return new UnsupportedStatementError(reason, remedy);
}

/**
 * node-postgres calls back twice where a value cannot be sent: at once with the error, and when the
 * server has answered what was sent before.
 */
function once(callback: QueryCallback): QueryCallback {
  let called = false;
  return (error, result) => {
    if (called) return;
    called = true;
    callback(error, result);
  };
}

/**
 * The values, of which objects are asked what they are sent as (`toPostgres()`, `toJSON()`) in the
 * context of now: node-postgres asks when it sends the statement, which may be in another tenant's.
 */
function bindValues(values: unknown[]): unknown[] {
  return values.some(hasCode)
    ? values.map((value) => (hasCode(value) ? bind(value) : value))
    : values;
}

function hasCode(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return !(value instanceof Date || ArrayBuffer.isView(value));
}

/** @see https://node-postgres.com/features/types, of which toPostgres() is the hook */
const bind = (value: unknown) => ({
  toPostgres: bindContext((prepareValue: (value: unknown) => unknown) => prepareValue(value)),
});

/** Whether it sends itself: a cursor or a stream. */
export function isSubmittable(input: QueryInput): input is pg.Submittable {
  return (
    typeof input === 'object' &&
    input !== null &&
    'submit' in input &&
    typeof input.submit === 'function'
  );
}

function toConfig(input: QueryInput): QueryConfig & { text: string } {
  if (typeof input === 'string') return { text: input };
  if (input === null || typeof input !== 'object') {
    throw new UnsupportedStatementError(
      'A statement is neither text nor an object',
      'Pass SQL text.',
    );
  }
  if (isSubmittable(input)) {
    throw new UnsupportedStatementError(
      'A cursor, query stream or COPY stream needs a connection of its own',
      'Check one out with pool.connect(), pass it to client.query(), and release the client when it has ended.',
    );
  }
  const config = input as QueryConfig;
  if (typeof config.text !== 'string') {
    throw new UnsupportedStatementError('A statement has no text', 'Pass its text with its name.');
  }
  if (config.query_timeout !== undefined) whole('query_timeout', config.query_timeout, 0);
  return config;
}
