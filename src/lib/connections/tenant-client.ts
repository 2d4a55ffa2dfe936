import type pg from 'pg';
import { bindContext, currentFrame, type Frame } from '../context.js';
import type { Observer } from '../diagnostics/observer.js';
import { TenantMismatchError, UnsupportedStatementError } from '../errors.js';
import { answer, NO_RESULT } from './answer.js';
import { ClientConnection, type CheckoutAgain } from './client-connection.js';
import { ClientEvents, type Listener } from './client-events.js';
import type { Checkout } from '../pool/checkout.js';
import type { Scope } from '../scope/scope.js';
import {
  isSubmittable,
  scopeStatement,
  type QueryInput,
  type ScopedStatement,
} from '../scope/scope-statement.js';
import { scopeSubmittable } from '../scope/scope-submittable.js';
import type { QueryCallback } from '../scope/tenant-query.js';
import type { TransactionStatus } from '../pool/wire-connection.js';
import type { LateStatementGuard } from './late-statements.js';
import { runStatement } from './run-statement.js';

/**
 * A connection checked out of the tenant pool. It has the interface of node-postgres' pooled
 * client, and belongs to the tenant that checked it out until it is released.
 *
 * Where no other connection is left than the last, which nobody may keep, it has that one for each
 * statement by itself: `processID` and the like are then of the statement that runs.
 */
export class TenantClient {
  readonly #held: ClientConnection;
  readonly #owner: Frame;
  readonly #scope: Scope;
  readonly #observer: Observer;
  readonly #late: LateStatementGuard;
  #events: ClientEvents | undefined;
  #released = false;
  /** Told once, when it is released. */
  onRelease: ((error: Error | boolean | undefined) => void) | undefined;

  /**
   * @param scope of the owner
   * @param checkoutAgain for the owner, where it may not hold the connection
   */
  constructor(
    checkout: Checkout,
    owner: Frame,
    scope: Scope,
    observer: Observer,
    late: LateStatementGuard,
    checkoutAgain: CheckoutAgain,
  ) {
    this.#held = new ClientConnection(checkout, checkoutAgain, (client) =>
      this.#events?.follow(client),
    );
    this.#owner = owner;
    this.#scope = scope;
    this.#observer = observer;
    this.#late = late;
  }

  /**
   * Sends a cursor (pg-cursor), a query stream (pg-query-stream) or a COPY stream (pg-copy-streams),
   * and returns it. It has to be read to its end, closed or destroyed before the client is released,
   * which otherwise closes the connection. Its errors come from it, as ConnectionLostError and
   * StatementTimeoutError where they are that.
   *
   * It belongs to the tenant of this client wherever it is read.
   *
   * @example
   * ```ts
   * const client = await connections.pool.connect();
   * try {
   *   const rows = client.query(new QueryStream('select * from invoices'));
   *   for await (const invoice of rows) await send(invoice);
   * } finally {
   *   client.release();
   * }
   * ```
   * @throws UnsupportedStatementError, TenantMismatchError; then nothing is sent
   */
  query<T extends pg.Submittable>(submittable: T): T;
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
  ): Promise<pg.QueryResult> | pg.Submittable | void {
    const values = typeof valuesOrCallback === 'function' ? undefined : valuesOrCallback;
    const done = typeof valuesOrCallback === 'function' ? valuesOrCallback : callback;
    if (isSubmittable(input)) return this.#submit(input, done);
    return answer(done, (settle) => this.#send(input, values, settle));
  }

  /** @param callback as node-postgres has it: of no use to those that have one of their own */
  #submit(input: pg.Submittable, callback: QueryCallback | undefined): pg.Submittable {
    this.#refuseOthers();
    const submittable: pg.Submittable & { callback?: unknown } = input;
    const statement = scopeSubmittable(submittable, this.#scope);
    if (callback) submittable.callback ??= bindContext(callback);
    this.#run(statement, true, (error) => {
      if (error) statement.fail(error);
    });
    return submittable;
  }

  #send(input: QueryInput, values: unknown[] | undefined, callback: QueryCallback): void {
    this.#refuseOthers();
    const statement = scopeStatement(input, values, this.#scope, currentFrame());
    const { beginsTransaction, mayLeaveState } = statement.analysis;
    this.#run(statement, beginsTransaction || mayLeaveState, callback);
  }

  /** @param holds whether it needs its connection when it has been answered */
  #run(statement: ScopedStatement, holds: boolean, callback: QueryCallback): void {
    const { beginsTransaction, controlsTransaction } = statement.analysis;
    // What was begun in time may be ended.
    if (!controlsTransaction) this.#late.check(currentFrame() ?? this.#owner);
    const end: QueryCallback = (error, result) => {
      // Drizzle takes BEGIN outside of its try block, and would keep the connection for ever.
      if (error && beginsTransaction) this.release(error);
      callback(error, result);
    };
    this.#held.use(holds, (failure, checkout) => {
      if (!checkout) return end(failure as Error, NO_RESULT);
      this.#runOn(checkout, statement, end);
    });
  }

  #runOn(checkout: Checkout, statement: ScopedStatement, callback: QueryCallback): void {
    const { controlsTransaction, mayLeaveState } = statement.analysis;
    if (mayLeaveState) this.#held.keep();
    runStatement(
      checkout,
      statement,
      this.#owner.tenant,
      this.#observer,
      (error, result, usable) => {
        if (error && (controlsTransaction || !usable)) this.#held.keep();
        this.#held.ended(checkout);
        callback(error, result);
      },
    );
  }

  /** What one tenant checked out is not used by another, nor by nobody where somebody owns it. */
  #refuseOthers(): void {
    if (this.#released) throw usedAfterRelease();
    const user = currentFrame();
    if (user === undefined || user === this.#owner) return;
    if (user.tenant?.id === this.#owner.tenant?.id) return;
    throw new TenantMismatchError(describe(this.#owner), describe(user));
  }

  /**
   * Gives the connection back. One that still runs a statement or has a transaction open is closed
   * instead: the server rolls its work back, and nobody inherits it. Releasing twice does nothing.
   */
  release(error?: Error | boolean): void {
    if (this.#released) return;
    this.#released = true;
    this.#held.release(error ?? false, usedAfterRelease);
    this.onRelease?.(error);
  }

  /**
   * Listens until the client is released. `error` is never told: the loss of the connection is the
   * error of each statement on it. (TypeORM would give a transaction up on the event, and answer the
   * rest of it with an error of its own that says nothing of the loss.)
   */
  on(event: string, listener: Listener): this {
    return this.#listen('on', event, listener);
  }

  once(event: string, listener: Listener): this {
    return this.#listen('once', event, listener);
  }

  addListener(event: string, listener: Listener): this {
    return this.#listen('on', event, listener);
  }

  prependListener(event: string, listener: Listener): this {
    return this.#listen('prependListener', event, listener);
  }

  #listen(how: 'on' | 'once' | 'prependListener', event: string, listener: Listener): this {
    // Once it was released the connection is somebody else's.
    if (event === 'error' || this.#released) return this;
    this.#events ??= new ClientEvents(this.#held.client);
    this.#events.add(how, event, listener);
    return this;
  }

  removeListener(event: string, listener: Listener): this {
    this.#events?.remove(event, listener);
    return this;
  }

  off(event: string, listener: Listener): this {
    return this.removeListener(event, listener);
  }

  removeAllListeners(event?: string): this {
    this.#events?.removeAll(event);
    return this;
  }

  /** Those of its own: others that use the connection have theirs. */
  listeners(event: string): Listener[] {
    return this.#events?.listeners(event) ?? [];
  }

  listenerCount(event: string): number {
    return this.listeners(event).length;
  }

  eventNames(): string[] {
    return this.#events?.names() ?? [];
  }

  /** The pool has no limit for listeners. */
  setMaxListeners(): this {
    return this;
  }

  /** Of the backend that it is connected to; undefined once that may be another tenant's. */
  get processID(): number | undefined {
    return this.#held.client?.processID;
  }

  /** `I` outside of a transaction, `T` in one, `E` in one that has failed; null once it was released. */
  getTransactionStatus(): TransactionStatus {
    if (this.#released) return null;
    return this.#held.client?.getTransactionStatus() ?? 'I';
  }

  escapeIdentifier(name: string): string {
    return this.#held.anyClient.escapeIdentifier(name);
  }

  escapeLiteral(text: string): string {
    return this.#held.anyClient.escapeLiteral(text);
  }

  getTypeParser(...args: Parameters<pg.ClientBase['getTypeParser']>): (value: string) => unknown {
    return this.#held.anyClient.getTypeParser(...args) as (value: string) => unknown;
  }

  /** @throws UnsupportedStatementError: it would read the values of the next tenant as well */
  setTypeParser(): never {
    throw new UnsupportedStatementError(
      'A type parser stays on the connection, which the next tenant gets',
      'Give `types` with the statement, or for all of them with the option `pool`.',
    );
  }
}

function usedAfterRelease(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A connection was used after it had been released',
    'Await every statement before the connection is released.',
  );
}

function describe({ tenant }: Frame): string {
  return tenant ? `the tenant ${tenant.slug}` : 'code without a tenant';
}
