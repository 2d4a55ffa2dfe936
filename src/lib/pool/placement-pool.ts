import type pg from 'pg';
import { Admission } from '../admission/admission.js';
import type { ConnectionRequest } from '../admission/connection-request.js';
import { TimeLimit } from '../admission/time-limit.js';
import { contained } from '../contained.js';
import { ConnectionClosedError } from '../errors.js';
import {
  Checkout,
  type CheckoutCallback,
  type CheckoutOptions,
  type CheckoutPool,
} from './checkout.js';
import { connectError } from './connect-error.js';
import { ConnectionSet } from './connection-set.js';
import { ContextFreeClient, type ClientOptions } from './context-free-client.js';
import { poolLimits, type PoolLimits } from './pool-limits.js';
import type { PooledConnection } from './pooled-connection.js';
import type { PreparedStatementLimits } from './prepared-statements.js';

/** Settings of one pool, checked and complete. */
export interface PlacementPoolOptions {
  /** As node-postgres' pool and its clients are configured. */
  readonly config: pg.PoolConfig;
  /** The same past any pooler, where there is another way. */
  readonly direct?: pg.ClientConfig;
  readonly max: number;
  readonly maxQueue: number;
  /** 0 waits for ever. */
  readonly connectionTimeoutMs: number;
  /** How many statements are kept prepared on each; undefined for none. */
  readonly prepared?: PreparedStatementLimits | undefined;
}

export type ConnectionListener = (event: 'connect' | 'remove', client: ContextFreeClient) => void;

/** What a pool has, and what is asked of it. */
export interface PoolCounts {
  /** Open connections, in use or not. */
  readonly total: number;
  /** Open connections that nobody uses. */
  readonly idle: number;
  /** Statements and transactions that wait for a connection. */
  readonly waiting: number;
  /** Connections that were closed because of their age. */
  readonly expired: number;
}

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool implements CheckoutPool {
  /** Nothing of who logs in. */
  readonly options: PoolLimits;
  readonly #connections: ConnectionSet;
  readonly #admission: Admission;
  readonly #timeLimit: TimeLimit;
  /** Those for which a connection is being opened. */
  readonly #opening = new Set<Checkout>();
  readonly #listeners: ConnectionListener[] = [];
  #ending = false;
  #ended = false;

  constructor(
    { config, direct, max, maxQueue, connectionTimeoutMs, prepared }: PlacementPoolOptions,
    onError: (error: Error) => void,
  ) {
    this.options = poolLimits(config, max);
    this.#admission = new Admission({ max, maxQueue });
    this.#timeLimit = new TimeLimit(connectionTimeoutMs, () => this.#unanswered());
    const { onConnect, verify, log, ...client } = config;
    const options: ClientOptions = {
      config: client,
      direct,
      connectionTimeoutMs,
      onConnect,
      verify,
      prepared,
    };
    this.#connections = new ConnectionSet(this.options, {
      create: () => new ContextFreeClient(options),
      opened: (opened) => this.#tell('connect', opened),
      closed: (closed) => this.#tell('remove', closed),
      lost: onError,
      log: (message) => log && contained(() => log(message)),
    });
  }

  get max(): number {
    return this.options.max;
  }

  get counts(): PoolCounts {
    return {
      total: this.#connections.total,
      idle: this.#connections.idle,
      waiting: this.#admission.waiting,
      expired: this.#connections.expired,
    };
  }

  /** Whether it is being closed, or is closed. */
  get ending(): boolean {
    return this.#ending;
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** Tells of connections that are opened and closed. */
  onConnection(listener: ConnectionListener): void {
    this.#listeners.push(listener);
  }

  #tell(event: 'connect' | 'remove', client: ContextFreeClient): void {
    for (const listener of this.#listeners) listener(event, client);
  }

  /**
   * Has statements prepared anew: what they return may have changed.
   *
   * @param schema that they are about, quoted; undefined for all of them
   */
  forgetPrepared(schema: string | undefined): void {
    for (const { prepared } of this.#connections.clients()) {
      if (schema === undefined) prepared?.forgetAll();
      else prepared?.forgetSchema(schema);
    }
  }

  /** Connections that a tenant has in use. */
  inFlight(tenantId: string): number {
    return this.#admission.inFlight(tenantId);
  }

  /**
   * Checks a connection out when it is its turn. The callback runs in the context of whoever released
   * one.
   */
  checkout(options: CheckoutOptions, callback: CheckoutCallback): void {
    if (this.#ending) return callback(new ConnectionClosedError(), undefined);
    const checkout = new Checkout(options, this, callback);
    try {
      this.#admission.submit(checkout);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      this.refuse(checkout, error);
    }
    if (!checkout.answered) this.#timeLimit.watch();
  }

  open(checkout: Checkout): void {
    const idle = this.#connections.take(checkout.affinityKey);
    if (idle) return checkout.acquire(idle);
    this.#opening.add(checkout);
    this.#connections.open((error, connection) => {
      this.#opening.delete(checkout);
      if (connection) return checkout.acquire(connection);
      this.#admission.release(checkout);
      checkout.answer(connectError(error));
    });
  }

  refuse(checkout: Checkout, error: Error): void {
    this.#admission.cancel(checkout);
    checkout.answer(error);
  }

  *#unanswered(): Iterable<ConnectionRequest> {
    yield* this.#admission.queued();
    for (const checkout of this.#opening) if (!checkout.answered) yield checkout;
  }

  suits(checkout: Checkout): boolean {
    return this.#connections.suits(checkout);
  }

  release(checkout: Checkout, connection: PooledConnection, closes: boolean): void {
    this.#connections.release(connection, closes);
    this.#admission.release(checkout);
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still in use. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#ending = true;
    const ended = this.#connections.end();
    this.#timeLimit.stop();
    for (const request of this.#unanswered()) request.refuse(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const request of this.#admission.active) request.abort();
      this.#connections.destroy();
    }, drainTimeoutMs);
    await ended;
    clearTimeout(timer);
    this.#ended = true;
  }
}
