import {
  ConnectionRequest,
  type ConnectionRequestOptions,
} from '../admission/connection-request.js';
import type { ContextFreeClient } from './context-free-client.js';
import type { PooledConnection } from './pooled-connection.js';

export type CheckoutCallback = (error: Error | undefined, checkout: Checkout | undefined) => void;

export interface CheckoutOptions extends ConnectionRequestOptions {
  /** The tenant's, for the connection that serves it best. */
  readonly affinityKey: number;
}

/** What a checkout needs of its pool. */
export interface CheckoutPool {
  open(checkout: Checkout): void;
  /** Whether a connection is free that suits it better than any other would. */
  suits(checkout: Checkout): boolean;
  refuse(checkout: Checkout, error: Error): void;
  /** @param closes whether the connection may not be used again */
  release(checkout: Checkout, connection: PooledConnection, closes: boolean): void;
}

/** One use of a pool's connection, from the request for it until it is released. */
export class Checkout extends ConnectionRequest {
  readonly affinityKey: number;
  /** The connection that suits it best, once it was looked for. */
  favourite: PooledConnection | undefined;
  /** Whether it was lost while something was under way of which nobody knows whether it was kept. */
  inDoubt = false;
  readonly #pool: CheckoutPool;
  #callback: CheckoutCallback | undefined;
  #connection: PooledConnection | undefined;
  #released = false;

  /** @param callback is called once: with this when its connection can be used, or with an error */
  constructor(options: CheckoutOptions, pool: CheckoutPool, callback: CheckoutCallback) {
    super(options);
    this.affinityKey = options.affinityKey;
    this.#pool = pool;
    this.#callback = callback;
  }

  /** Whether whoever asked for it was told that it is there, or that it will not be. */
  get answered(): boolean {
    return this.#callback === undefined;
  }

  get client(): ContextFreeClient {
    if (!this.#connection) throw new Error('The connection has not been opened yet.');
    return this.#connection.client;
  }

  get suited(): boolean {
    return this.#pool.suits(this);
  }

  admit(): void {
    this.#pool.open(this);
  }

  refuse(error: Error): void {
    this.#pool.refuse(this, error);
  }

  abort(): void {
    this.release(true);
  }

  /** Hands the connection to whoever asked for it, unless they were refused meanwhile. */
  acquire(connection: PooledConnection): void {
    this.#connection = connection;
    this.lastUsed = performance.now();
    if (this.answered) this.release();
    else this.answer();
  }

  answer(error?: Error): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.(error, error ? undefined : this);
  }

  /**
   * Releases the connection, or closes it where an error or true is given. A second call
   * does nothing, nor one before it was there.
   */
  release(error?: Error | boolean): void {
    if (this.#released || !this.#connection) return;
    this.#released = true;
    this.#pool.release(this, this.#connection, Boolean(error));
  }
}
