import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { bindContext, contextValue, WITHOUT_TENANT, type ContextValue } from '../context.js';
import { TenantContextMissingError, UnsupportedStatementError } from '../errors.js';
import { isServerError } from './pg-errors.js';
import type { PlacementPool } from './placement-pool.js';
import { answer } from './answer.js';
import { prepareStatement, type PreparedStatement, type QueryInput } from './prepared-statement.js';
import type { QueryCallback } from './tenant-query.js';
import { TenantClient } from './tenant-client.js';

type ConnectCallback = (
  error: Error | undefined,
  client: TenantClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** What the tenant pool needs to know of the connection manager. */
export interface Placements {
  /** The pool of a placement; of the default one where nothing is named. */
  placement(name?: string): PlacementPool;
  pools(): Iterable<pg.Pool>;
}

/**
 * A facade with the interface of `pg.Pool` in front of the shared pools. Every statement is tied to
 * the tenant in context when it is sent; without one it is an error. ORMs and libraries that take a
 * `pg.Pool` take this.
 *
 * Drizzle knows a pool by a class name with `Pool` in it.
 */
export class TenantPool extends EventEmitter {
  readonly #placements: Placements;

  constructor(placements: Placements) {
    super();
    this.#placements = placements;
  }

  /**
   * Sends one statement as the tenant in context.
   *
   * @throws TenantContextMissingError (as a rejection), UnsupportedStatementError,
   *   ConnectionTimeoutError, and the server's own errors unchanged
   */
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(
    input: QueryInput,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>>;
  query(input: QueryInput, callback: QueryCallback): void;
  query(input: QueryInput, values: unknown[] | undefined, callback: QueryCallback): void;
  query(
    input: QueryInput,
    valuesOrCallback?: unknown[] | QueryCallback,
    callback?: QueryCallback,
  ): Promise<pg.QueryResult> | void {
    const values = typeof valuesOrCallback === 'function' ? undefined : valuesOrCallback;
    const done = typeof valuesOrCallback === 'function' ? valuesOrCallback : callback;
    return answer(done, (settle) => this.#send(input, values, settle));
  }

  #send(input: QueryInput, values: unknown[] | undefined, callback: QueryCallback): void {
    const owner = requireContext();
    const tenant = owner === WITHOUT_TENANT ? undefined : owner;
    const statement = prepareStatement(input, values, tenant);
    refuseWhatOutlivesTheStatement(statement);
    this.#placements.placement(tenant?.placement).checkout((error, connection) => {
      if (!connection) return callback(error ?? new Error('No connection.'), NO_RESULT);
      statement.send(connection.client, (failure, result) => {
        // After an error of the server the connection is as good as before; pg-pool's own query()
        // would close it. After any other it may still be busy.
        const broken = failure !== null && failure !== undefined && !isServerError(failure);
        connection.release(broken || statement.analysis.mayLeaveState);
        callback(failure, result);
      });
    });
  }

  /** Checks a connection out; it belongs to the tenant in context until it is released. */
  connect(): Promise<TenantClient>;
  connect(callback: ConnectCallback): void;
  connect(callback?: ConnectCallback): Promise<TenantClient> | void {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.#checkout((error, client) => (client ? resolve(client) : reject(error)));
      });
    }
    const bound = bindContext(callback);
    try {
      this.#checkout((error, client) => bound(error, client, (cause) => client?.release(cause)));
    } catch (error) {
      process.nextTick(bound, error, undefined, () => undefined);
    }
  }

  #checkout(callback: (error: Error | undefined, client: TenantClient | undefined) => void): void {
    const owner = requireContext();
    const placement = owner === WITHOUT_TENANT ? undefined : owner.placement;
    this.#placements.placement(placement).checkout((error, connection) => {
      callback(error, connection && new TenantClient(connection, owner));
    });
  }

  /**
   * The shared pools belong to the connection manager: an ORM that ends "its" pool must not end
   * everybody's.
   */
  end(callback?: () => void): Promise<void> | void {
    if (!callback) return Promise.resolve();
    process.nextTick(callback);
  }

  get totalCount(): number {
    return this.#sum((pool) => pool.totalCount);
  }

  get idleCount(): number {
    return this.#sum((pool) => pool.idleCount);
  }

  get waitingCount(): number {
    return this.#sum((pool) => pool.waitingCount);
  }

  #sum(count: (pool: pg.Pool) => number): number {
    let sum = 0;
    for (const pool of this.#placements.pools()) sum += count(pool);
    return sum;
  }
}

/** node-postgres passes no result with an error. */
const NO_RESULT = undefined as unknown as pg.QueryResult;

function requireContext(): ContextValue {
  const value = contextValue();
  if (value === undefined) throw new TenantContextMissingError('A statement');
  return value;
}

function refuseWhatOutlivesTheStatement({ analysis }: PreparedStatement): void {
  if (!analysis.controlsTransaction && analysis.sessionState === undefined) return;
  throw new UnsupportedStatementError(
    'pool.query() takes a connection for one statement, so it cannot begin, end or prepare anything',
    'Use the ORM’s transaction(), or check a connection out with pool.connect().',
  );
}
