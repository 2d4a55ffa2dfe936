import { Queue } from '../admission/queue.js';
import { affinity } from './affinity.js';
import type { Checkout } from './checkout.js';
import type { ContextFreeClient } from './context-free-client.js';
import type { PoolLimits } from './pool-limits.js';
import { PooledConnection } from './pooled-connection.js';

/** What a set of connections needs of its pool, and tells it. */
export interface ConnectionHooks {
  /** Makes a client that is not connected yet. */
  create(): ContextFreeClient;
  /** One is open, and about to be used. */
  opened(client: ContextFreeClient): void;
  /** One has been closed that was open. */
  closed(client: ContextFreeClient): void;
  /** An idle one is gone. */
  lost(error: Error): void;
  log(message: string): void;
}

type Opened = (error: unknown, connection: PooledConnection | undefined) => void;

/**
 * The connections of one pool. How many may be in use is decided before it is asked; here is which of
 * the idle ones is given out, and how long each is kept.
 *
 * One timer looks after those that are idle, however many there are, and never keeps a process alive.
 * Those in use are looked at when they are released.
 */
export class ConnectionSet {
  readonly #limits: PoolLimits;
  readonly #idleMs: number;
  readonly #lifetimeMs: number;
  readonly #hooks: ConnectionHooks;
  /** All that have a socket, in whatever state. */
  readonly #all = new Set<PooledConnection>();
  /** Those that are idle, the longest first. */
  readonly #idle = new Queue<PooledConnection>();
  #expired = 0;
  #sweep: NodeJS.Timeout | undefined;
  #sweepAt = Infinity;
  /** What waits for the end, once that has begun. */
  #onEmpty: (() => void) | undefined;

  constructor(limits: PoolLimits, hooks: ConnectionHooks) {
    this.#limits = limits;
    this.#idleMs = limits.idleTimeoutMillis || Infinity;
    this.#lifetimeMs = limits.maxLifetimeSeconds * 1_000 || Infinity;
    this.#hooks = hooks;
  }

  /** Those that are neither closed nor being closed. */
  get total(): number {
    let total = 0;
    for (const { state } of this.#all) if (state !== 'closing') total++;
    return total;
  }

  get idle(): number {
    return this.#idle.size;
  }

  /** How many have been closed because of their age. */
  get expired(): number {
    return this.#expired;
  }

  *clients(): Iterable<ContextFreeClient> {
    for (const { client } of this.#all) yield client;
  }

  /** The idle connection that suits a tenant best, for its use. */
  take(affinityKey: number): PooledConnection | undefined {
    // The clock is read where any can be too old.
    const now = this.#lifetimeMs === Infinity ? 0 : performance.now();
    let best: PooledConnection | undefined;
    let highest = -1;
    let tooOld = false;
    for (let connection = this.#idle.first; connection; connection = connection.after) {
      if (connection.expiresAt <= now) tooOld = true;
      else {
        const value = affinity(affinityKey, connection.client.number);
        if (value > highest) [best, highest] = [connection, value];
      }
    }
    if (best) {
      this.#idle.remove(best);
      best.state = 'in use';
      if (this.#limits.allowExitOnIdle) best.client.ref();
    }
    if (tooOld) this.#closeDue();
    return best;
  }

  /** Whether one is idle that suits it better than any other would. */
  suits(checkout: Checkout): boolean {
    // Where none is, one will be opened, which is as good for anybody.
    if (this.#idle.size === 0) return true;
    if (!checkout.favourite || checkout.favourite.state === 'closing') {
      checkout.favourite = this.#favouriteOf(checkout.affinityKey);
    }
    return checkout.favourite?.state === 'idle';
  }

  #favouriteOf(affinityKey: number): PooledConnection | undefined {
    let best: PooledConnection | undefined;
    let highest = -1;
    for (const connection of this.#all) {
      if (connection.state === 'closing') continue;
      const value = affinity(affinityKey, connection.client.number);
      if (value > highest) [best, highest] = [connection, value];
    }
    return best;
  }

  /** Opens one for use. @param callback is called once */
  open(callback: Opened): void {
    let client: ContextFreeClient;
    try {
      client = this.#hooks.create();
    } catch (error) {
      return callback(error, undefined);
    }
    const connection = new PooledConnection(client);
    this.#all.add(connection);
    this.#hooks.log('A connection is being opened.');
    client.onLost = (error) => this.#lose(connection, error);
    client.connect((error: Error | undefined) => {
      if (error) {
        this.#leave(connection);
        this.#all.delete(connection);
        this.#hooks.log('A connection could not be opened.');
        return callback(error, undefined);
      }
      connection.state = 'in use';
      connection.expiresAt = performance.now() + this.#lifetimeMs;
      this.#hooks.opened(client);
      callback(undefined, connection);
    });
  }

  /** Keeps it for the next use, unless it is to be closed. */
  release(connection: PooledConnection, closes: boolean): void {
    const now = performance.now();
    connection.uses++;
    if (closes || this.#onEmpty || connection.client.lost) return this.#close(connection);
    if (connection.uses >= this.#limits.maxUses) return this.#close(connection);
    if (connection.expiresAt <= now) return this.#expire(connection);
    connection.state = 'idle';
    connection.idleSince = now;
    this.#idle.add(connection);
    if (this.#limits.allowExitOnIdle) connection.client.unref();
    this.#sweepBy(Math.min(now + this.#idleMs, connection.expiresAt), now);
  }

  /** Closes those that are idle, and each other one when it is released. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
      clearTimeout(this.#sweep);
      for (const connection of this.#idle) {
        if (connection.state === 'idle') this.#close(connection);
      }
      this.#tellIfEmpty();
    });
  }

  /** Closes all sockets here and now. */
  destroy(): void {
    for (const { client } of this.#all) client.destroy();
  }

  #lose(connection: PooledConnection, error: Error): void {
    // Whoever uses one is told by the statement.
    if (connection.state !== 'idle') return;
    this.#close(connection);
    this.#hooks.lost(error);
  }

  #expire(connection: PooledConnection): void {
    this.#expired++;
    this.#close(connection);
  }

  #close(connection: PooledConnection): void {
    this.#leave(connection);
    this.#hooks.log('A connection is being closed.');
    connection.client.end(() => {
      this.#all.delete(connection);
      this.#hooks.closed(connection.client);
    });
  }

  #leave(connection: PooledConnection): void {
    this.#idle.remove(connection);
    connection.state = 'closing';
    this.#tellIfEmpty();
  }

  #tellIfEmpty(): void {
    if (this.#onEmpty && this.total === 0) this.#onEmpty();
  }

  #sweepBy(due: number, now: number): void {
    if (due >= this.#sweepAt) return;
    clearTimeout(this.#sweep);
    this.#sweepAt = due;
    this.#sweep = setTimeout(() => this.#closeDue(), Math.ceil(due - now)).unref();
  }

  /** Closes what has been idle for too long or is too old, and looks when the next one will be. */
  #closeDue(): void {
    clearTimeout(this.#sweep);
    this.#sweepAt = Infinity;
    const now = performance.now();
    let spare = this.total - this.#limits.min;
    let next = Infinity;
    for (const connection of this.#idle) {
      // What is told of those that are closed may have it taken.
      if (connection.state !== 'idle') continue;
      const idleMs = spare > 0 ? this.#idleMs : Infinity;
      const due = Math.min(connection.idleSince + idleMs, connection.expiresAt);
      if (due > now) {
        next = Math.min(next, due);
        continue;
      }
      if (connection.expiresAt <= now) this.#expire(connection);
      else this.#close(connection);
      spare--;
    }
    this.#sweepBy(next, now);
  }
}
