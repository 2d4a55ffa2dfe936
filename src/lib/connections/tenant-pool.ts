import { EventEmitter } from 'node:events';
import type pg from 'pg';
import { contained } from '../contained.js';
import { bindContext, currentFrame, outsideContext, type Frame } from '../context.js';
import type { Observer } from '../diagnostics/observer.js';
import { TenantContextMissingError, UnsupportedStatementError } from '../errors.js';
import type { ConnectionRequestOptions } from '../admission/connection-request.js';
import { answer, NO_RESULT } from './answer.js';
import type { CheckoutAgain } from './client-connection.js';
import type { CheckoutCallback } from '../pool/checkout.js';
import { OpenedConnection } from './opened-connection.js';
import type { PlacementPool } from '../pool/placement-pool.js';
import type { PoolLimits } from '../pool/pool-limits.js';
import type { Scope } from '../scope/scope.js';
import { scopeStatement, type QueryInput, type ScopedStatement } from '../scope/scope-statement.js';
import type { Scopes } from '../scope/scopes.js';
import type { QueryCallback } from '../scope/tenant-query.js';
import type { LateStatementGuard } from './late-statements.js';
import { runStatement } from './run-statement.js';
import { TenantClient } from './tenant-client.js';

type ConnectCallback = (
  error: Error | undefined,
  client: TenantClient | undefined,
  release: (error?: Error | boolean) => void,
) => void;

/** Finds the pool of a placement, and that of the default one where nothing is named. */
export type FindPool = (placement?: string) => PlacementPool;

/**
 * A facade with the interface of `pg.Pool` in front of the shared pools. Every statement is tied to
 * the tenant in context when it is sent; without one it is an error. ORMs and libraries that take a
 * `pg.Pool` take this.
 *
 * `connect` and `remove` tell of connections of the default placement that are opened and closed,
 * `acquire` and `release` of those that are checked out and released by `connect()`.
 */
export class TenantPool extends EventEmitter {
  readonly #findPool: FindPool;
  readonly #scopes: Scopes;
  readonly #observer: Observer;
  readonly #late: LateStatementGuard;
  #tells = false;

  /** Drizzle knows a pool by a class name with `Pool` in it, which a minifier must not change. */
  static override readonly name: string = 'TenantPool';

  constructor(findPool: FindPool, scopes: Scopes, observer: Observer, late: LateStatementGuard) {
    super();
    this.#findPool = findPool;
    this.#scopes = scopes;
    this.#observer = observer;
    this.#late = late;
  }

  /**
   * Sends one statement as the tenant in context.
   *
   * @throws as a rejection: TenantContextMissingError, UnsupportedStatementError; where no connection
   *   can be had ConnectionTimeoutError, QueueFullError, ConnectionDeadlockError,
   *   DatabaseUnavailableError, ConnectionClosedError; ConnectionLostError, StatementTimeoutError; and
   *   the server's own errors unchanged
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
    const frame = requireFrame();
    const scope = this.#scopes.of(frame.tenant);
    const statement = scopeStatement(input, values, scope, frame);
    this.#late.check(frame);
    refuseWhatOutlivesTheStatement(statement);
    this.#checkout(frame, scope, STATEMENT, (failure, checkout) => {
      if (!checkout) return callback(failure ?? new Error('No connection.'), NO_RESULT);
      runStatement(checkout, statement, frame.tenant, this.#observer, (error, result, usable) => {
        // After an error of the server the connection is as good as before; pg-pool's own query()
        // would close it. After any other it may still be busy.
        checkout.release(!usable || statement.analysis.mayLeaveState);
        callback(error, result);
      });
    });
  }

  /** Checks a connection out; it belongs to the tenant in context until it is released. */
  connect(): Promise<TenantClient>;
  connect(callback: ConnectCallback): void;
  connect(callback?: ConnectCallback): Promise<TenantClient> | void {
    if (!callback) {
      return new Promise((resolve, reject) => {
        this.#connect((error, client) => (client ? resolve(client) : reject(error)));
      });
    }
    const bound = bindContext(callback);
    // Never before the call has returned, and not in the middle of what releases the connection.
    const later: ConnectCallback = (...args) => process.nextTick(bound, ...args);
    try {
      this.#connect((error, client) => later(error, client, (cause) => client?.release(cause)));
    } catch (error) {
      later(error as Error, undefined, () => undefined);
    }
  }

  #connect(callback: (error: Error | undefined, client: TenantClient | undefined) => void): void {
    const frame = requireFrame();
    this.#late.check(frame);
    const scope = this.#scopes.of(frame.tenant);
    const again: CheckoutAgain = (holds, done) =>
      this.#checkout(frame, scope, holds ? TRANSACTION : STATEMENT, done);
    this.#checkout(frame, scope, CLIENT, (error, checkout) => {
      const client =
        checkout && new TenantClient(checkout, frame, scope, this.#observer, this.#late, again);
      if (client) {
        this.#tell('acquire', client);
        client.onRelease = (failure) => this.#tell('release', failure, client);
      }
      callback(error, client);
    });
  }

  /** Each by itself and as nobody: one that fails costs no other its turn, and nobody a connection. */
  #tell(event: string, ...args: unknown[]): void {
    for (const listener of this.rawListeners(event)) {
      outsideContext(() => contained(() => Reflect.apply(listener, this, args) as unknown));
    }
  }

  /** From the first statement on, before which there are none. */
  #tellOfConnections(): void {
    if (this.#tells) return;
    this.#tells = true;
    const opened = new WeakMap<object, OpenedConnection>();
    this.#findPool().onConnection((event, client) => {
      const connection = opened.get(client) ?? new OpenedConnection(client);
      opened.set(client, connection);
      this.#tell(event, connection);
    });
  }

  #checkout(
    { tenant, checkouts }: Frame,
    scope: Scope,
    use: Use,
    callback: CheckoutCallback,
  ): void {
    const { holds, mayYield } = use;
    const options = {
      tenant: tenant?.id ?? '',
      affinityKey: scope.affinityKey,
      maxConnections: scope.limits.maxConnections,
      checkouts,
      holds,
      mayYield,
    };
    const since = performance.now();
    this.#tellOfConnections();
    this.#findPool(tenant?.placement).checkout(options, (error, checkout) => {
      if (error) this.#observer.checkoutFailed(tenant, performance.now() - since, error);
      callback(error, checkout);
    });
  }

  /**
   * The shared pools belong to the connection manager: an ORM that ends "its" pool must not end
   * everybody's.
   */
  end(): Promise<void>;
  end(callback: () => void): void;
  end(callback?: () => void): Promise<void> | void {
    if (!callback) return Promise.resolve();
    process.nextTick(callback);
  }

  /** Open connections of the default placement, in use or not. */
  get totalCount(): number {
    return this.#findPool().counts.total;
  }

  /** Open connections of the default placement that nobody uses. */
  get idleCount(): number {
    return this.#findPool().counts.idle;
  }

  /** Connections of the default placement that were closed because of their age. */
  get expiredCount(): number {
    return this.#findPool().counts.expired;
  }

  /** Whether the connection manager closes the pool of the default placement, or has. */
  get ending(): boolean {
    return this.#findPool().ending;
  }

  get ended(): boolean {
    return this.#findPool().ended;
  }

  /** What holds for connections of the default placement. Nothing of who logs in, and where. */
  get options(): PoolLimits {
    return this.#findPool().options;
  }

  /** What waits for a connection of the default placement. */
  get waitingCount(): number {
    return this.#findPool().counts.waiting;
  }
}

/** Whether code of the application runs while it has the connection. */
type Use = Pick<ConnectionRequestOptions, 'holds' | 'mayYield'>;
const STATEMENT: Use = { holds: false };
const TRANSACTION: Use = { holds: true };
/** Of one that is checked out nobody knows yet. */
const CLIENT: Use = { holds: true, mayYield: true };

function requireFrame(): Frame {
  const frame = currentFrame();
  if (frame === undefined) throw new TenantContextMissingError('A statement');
  return frame;
}

function refuseWhatOutlivesTheStatement({ analysis }: ScopedStatement): void {
  if (!analysis.controlsTransaction && !analysis.refusal?.outlivesTransaction) return;
  throw new UnsupportedStatementError(
    'pool.query() takes a connection for one statement, so it cannot begin, end or prepare anything',
    'Use the ORM’s transaction(), or check a connection out with pool.connect().',
  );
}
