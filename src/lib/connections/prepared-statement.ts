import pg from 'pg';
import { TenantContextMissingError, UnsupportedStatementError } from '../errors.js';
import { analyse, type Analysis } from '../sql/analysis.js';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { ScopedQuery, type QueryCallback } from './scoped-query.js';

export type QueryInput = string | pg.QueryConfig | pg.QueryArrayConfig | pg.Submittable;

/** A statement that is ready to be sent on behalf of its tenant, or explicitly of none. */
export interface PreparedStatement {
  readonly analysis: Analysis;
  /** Sends it; the callback is called once. */
  send(client: pg.ClientBase, callback: QueryCallback): void;
}

/**
 * Ties a statement to its tenant: qualifies the marker schema where the text names it, and
 * otherwise has the search path set in the same round trip.
 *
 * @param tenant undefined only for code that said it works without a tenant
 * @throws UnsupportedStatementError, TenantContextMissingError; then nothing is sent
 */
export function prepareStatement(
  input: QueryInput,
  values: unknown[] | undefined,
  tenant: Tenant | undefined,
): PreparedStatement {
  const config = toConfig(input);
  const parameters = values ?? config.values;
  if (parameters !== undefined && !Array.isArray(parameters)) {
    throw new UnsupportedStatementError(
      'The values of a statement are not an array',
      'Pass an array.',
    );
  }
  const analysis = analyse(config.text);
  if (!tenant) return unscoped(config, parameters, analysis);

  if (analysis.sessionCommand !== undefined) {
    throw new UnsupportedStatementError(
      `${analysis.sessionCommand} changes the connection, which the next tenant gets`,
      'Inside a transaction use SET LOCAL, or ON COMMIT DROP for a temporary table; for LISTEN use a connection of your own.',
    );
  }
  const scopedConfig = {
    ...config,
    text: analysis.marked ? analysis.segments.join(quoteIdentifier(tenant.schema)) : config.text,
    // A name stands for one text on a connection, and here it would stand for one text a tenant.
    name: undefined,
    // Paging of one statement (`rows`) would send it without the Sync that the scope relies on.
    rows: undefined,
  };
  if (!analysis.needsSearchPath) return { analysis, send: sender(scopedConfig, parameters) };
  const searchPath = searchPathOf(tenant);
  if (analysis.multiple && !parameters?.length) return multiple(scopedConfig, searchPath, analysis);
  return {
    analysis,
    send: (client, callback) => {
      const query: unknown = new ScopedQuery(scopedConfig, parameters, { searchPath }, callback);
      client.query(query as pg.Submittable);
    },
  };
}

/**
 * The tenant's schema alone. `pg_temp` stands last, because PostgreSQL otherwise looks there first
 * for tables.
 */
export function searchPathOf(tenant: Tenant): string {
  return `${quoteIdentifier(tenant.schema)}, pg_temp`;
}

function toConfig(input: QueryInput): pg.QueryConfig & { text: string } {
  if (typeof input === 'string') return { text: input };
  if (input === null || typeof input !== 'object') {
    throw new UnsupportedStatementError(
      'A statement is neither text nor an object',
      'Pass SQL text.',
    );
  }
  if ('submit' in input && typeof input.submit === 'function') {
    throw new UnsupportedStatementError(
      'Cursors, query streams and COPY streams cannot be tied to a tenant',
      'Read in pages (LIMIT, and WHERE id > the last one).',
    );
  }
  const config = input as pg.QueryConfig;
  if (typeof config.text !== 'string') {
    throw new UnsupportedStatementError('A statement has no text', 'Pass its text with its name.');
  }
  return config;
}

function unscoped(
  config: pg.QueryConfig,
  values: unknown[] | undefined,
  analysis: Analysis,
): PreparedStatement {
  if (analysis.marked) throw new TenantContextMissingError('A statement on a tenant table');
  return { analysis, send: sender(config, values) };
}

function sender(config: pg.QueryConfig, values: unknown[] | undefined): PreparedStatement['send'] {
  return (client, callback) =>
    (client.query as (c: pg.QueryConfig, v: unknown[] | undefined, cb: QueryCallback) => void).call(
      client,
      config,
      values,
      callback,
    );
}

/**
 * Several statements in one text can only go out as text, which the server runs as one implicit
 * transaction. The search path is set by one more statement in front, whose result is dropped.
 */
function multiple(
  config: pg.QueryConfig,
  searchPath: string,
  analysis: Analysis,
): PreparedStatement {
  if (analysis.controlsTransaction) {
    throw new UnsupportedStatementError(
      'A text of several statements ends a transaction in the middle, and with it the tenant’s search path',
      'Send the statements one by one on a connection of their own, or name tables as "$tenant"."table".',
    );
  }
  const text = `select set_config('search_path', ${quoteLiteral(searchPath)}, true); ${config.text}`;
  const send = sender({ ...config, text }, undefined);
  return {
    analysis,
    send: (client, callback) =>
      send(client, (error, results) => {
        const own = Array.isArray(results) ? results.slice(1) : results;
        callback(error, Array.isArray(own) && own.length === 1 ? own[0] : own);
      }),
  };
}
