import type pg from 'pg';
import { bindContext } from '../context.js';
import { TenantContextMissingError, UnsupportedStatementError } from '../errors.js';
import { analyse, type Analysis } from '../sql/analysis.js';
import { ScopedQuery } from './scoped-query.js';
import { TenantQuery, type QueryCallback, type QueryConfig } from './tenant-query.js';
import type { TenantScope } from './tenant-scope.js';

export type QueryInput = string | pg.QueryConfig | pg.QueryArrayConfig | pg.Submittable;

/** node-postgres' query() in the one of its forms that is used here. */
interface AnyQuery {
  query(query: QueryConfig, values: unknown[] | undefined, callback: QueryCallback): void;
}

/** A statement that is ready to be sent on behalf of its tenant, or explicitly of none. */
export interface PreparedStatement {
  readonly analysis: Analysis;
  /** As it is sent, for logs. */
  readonly text: string;
  /** How long the server lets it take, in milliseconds; 0 where its tenant has no limit. */
  readonly timeoutMs: number;
  /** Sends it; the callback is called once. */
  send(client: pg.ClientBase, callback: QueryCallback): void;
}

/**
 * Ties a statement to its tenant: qualifies the marker schema where the text names it, and where
 * that is not enough has the tenant's search path, role and limits set in the same round trip.
 *
 * @param scope undefined only for code that said it works without a tenant
 * @throws UnsupportedStatementError, TenantContextMissingError; then nothing is sent
 */
export function prepareStatement(
  input: QueryInput,
  values: unknown[] | undefined,
  scope: TenantScope | undefined,
): PreparedStatement {
  const config = toConfig(input);
  const given = config.text;
  const parameters = values ?? config.values;
  if (parameters !== undefined && !Array.isArray(parameters)) {
    throw new UnsupportedStatementError(
      'The values of a statement are not an array',
      'Pass an array.',
    );
  }
  const bound = parameters && bindValues(parameters);
  const analysis = analyse(given);
  if (!scope) return unscoped(given, config, bound, analysis);

  refuseSessionState(analysis);
  const text = qualify(given, analysis, scope);
  const scoped = needsSettings(analysis, scope);
  if (scoped && analysis.multiple && !parameters?.length) {
    return multiple(text, config, scope, analysis);
  }
  const settings = () => ({
    messages: scope.messagesFor(analysis),
    preparation: scope.preparation,
  });
  return {
    analysis,
    text,
    timeoutMs: scope.limits.statementTimeoutMs,
    send(client, callback) {
      const query: unknown = scoped
        ? new ScopedQuery(text, config, bound, settings(), client, once(callback))
        : new TenantQuery(text, config, bound, once(callback));
      client.query(query as pg.Submittable);
    },
  };
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

/** @throws UnsupportedStatementError for what the next tenant on the connection would inherit */
export function refuseSessionState({ refusal }: Analysis): void {
  if (!refusal) return;
  const listens = refusal.what === 'LISTEN' || refusal.what === 'UNLISTEN';
  throw new UnsupportedStatementError(
    `${refusal.what} stays on the connection, which the next tenant gets`,
    listens
      ? 'Listen on a connection that is in no pool: connections.separateClient(). A channel belongs to the database and not to a tenant, so have its name or the payload say which.'
      : refusal.remedy,
  );
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

/** The text with the tenant's schema for the marker. */
export function qualify(text: string, analysis: Analysis, scope: TenantScope): string {
  return analysis.marked ? join(analysis.segments, scope.quotedSchema) : text;
}

/** Whether qualifying alone does not do the work. */
export function needsSettings(analysis: Analysis, scope: TenantScope): boolean {
  return scope.always ? !analysis.onlyControlsTransaction : analysis.needsSearchPath;
}

/** Faster than Array.join for the two or three parts that a statement has. */
function join(segments: readonly string[], separator: string): string {
  let text = segments[0] ?? '';
  for (let i = 1; i < segments.length; i++) text += separator + segments[i];
  return text;
}

/** Whether it sends itself: a cursor or a stream. */
export function isSubmittable(input: QueryInput): input is pg.Submittable {
  return (
    typeof input === 'object' &&
    input !== null &&
    'submit' in input &&
    typeof input.submit === 'function'
  );
}

function toConfig(input: QueryInput): QueryConfig {
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
  return config;
}

function unscoped(
  text: string,
  config: QueryConfig,
  values: unknown[] | undefined,
  analysis: Analysis,
): PreparedStatement {
  if (analysis.marked) throw new TenantContextMissingError('A statement on a tenant table');
  // Paging (`rows`) leaves the connection waiting for ever after an error, and a name (`name`) is not
  // known where a pooler gives the statement to another connection of the server.
  const { rows: _, name: __, ...rest } = config;
  return {
    analysis,
    text,
    timeoutMs: 0,
    send: (client, callback) =>
      (client as AnyQuery).query({ ...rest, text }, values, once(callback)),
  };
}

/**
 * Several statements in one text can only go out as text, which the server runs as one implicit
 * transaction. The settings are made by one more statement in front, whose result is dropped.
 */
function multiple(
  text: string,
  config: QueryConfig,
  scope: TenantScope,
  analysis: Analysis,
): PreparedStatement {
  if (analysis.controlsTransaction) {
    throw new UnsupportedStatementError(
      'A text of several statements ends a transaction in the middle, and with it what ties it to its tenant',
      'Send the statements one by one on a connection of their own.',
    );
  }
  const scoped = scope.text + text;
  return {
    analysis,
    text,
    timeoutMs: scope.limits.statementTimeoutMs,
    send(client, callback) {
      const dropFirst = once((error, results) => {
        const own = Array.isArray(results) ? results.slice(1) : results;
        callback(error, Array.isArray(own) && own.length === 1 ? own[0] : own);
      });
      const query: unknown = new TenantQuery(scoped, config, undefined, dropFirst);
      client.query(query as pg.Submittable);
    },
  };
}
