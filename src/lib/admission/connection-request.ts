import type { Checkouts } from '../context.js';
import type { Queue, Queued } from './queue.js';

/** Whom a connection is for, and how it will be used. */
export interface ConnectionRequestOptions {
  /** The tenant's id; empty for code that works without a tenant. */
  readonly tenant: string;
  /** Most connections the tenant may have at a time. */
  readonly maxConnections: number;
  readonly checkouts: Checkouts;
  /**
   * Whether the connection is kept while code of the application runs, which may ask for another. A
   * single statement releases it by itself.
   */
  readonly holds: boolean;
  /** Whether it can do with a connection that it may not hold, and releases after each statement. */
  readonly mayYield?: boolean;
}

/** A request for a connection, from the moment it is made until the connection is released. */
export abstract class ConnectionRequest
  implements ConnectionRequestOptions, Queued<ConnectionRequest>
{
  readonly tenant: string;
  readonly maxConnections: number;
  readonly checkouts: Checkouts;
  readonly #holds: boolean;
  readonly #mayYield: boolean;
  #yields = false;
  /** Whether whoever asks holds a connection already, which it may not release before it has this. */
  readonly nested: boolean;
  readonly since = performance.now();
  /** Statements that run on the connection. */
  running = 0;
  /** When the last statement on the connection ended, or the connection was given out. */
  lastUsed = this.since;
  /** Of those that wait, or of those that have a connection. */
  queue: Queue<ConnectionRequest> | undefined;
  before: ConnectionRequest | undefined;
  after: ConnectionRequest | undefined;

  constructor({
    tenant,
    maxConnections,
    checkouts,
    holds,
    mayYield = false,
  }: ConnectionRequestOptions) {
    this.tenant = tenant;
    this.maxConnections = maxConnections;
    this.checkouts = checkouts;
    this.#holds = holds;
    this.#mayYield = mayYield;
    this.nested = checkouts.held > 0;
  }

  /** Whether it keeps its connection while code of the application runs. */
  get holds(): boolean {
    return this.#holds && !this.#yields;
  }

  /** Whether it waits until it may hold a connection that nobody of its run holds yet. */
  get insists(): boolean {
    return this.#holds && !this.#mayYield && !this.nested;
  }

  /** It is admitted where no more connections may be held. */
  yield(): void {
    this.#yields = this.#mayYield && !this.nested;
  }

  /** Whether what is free now suits it best, so that it may go before others. */
  abstract get suited(): boolean;

  /** Its turn has come. */
  abstract admit(): void;

  /** It will get no connection. */
  abstract refuse(error: Error): void;

  /** Its connection is closed, whatever runs on it. */
  abstract abort(): void;

  /**
   * Whether it can only go on when its own run gets another connection. A run that holds more than it
   * waits for has one at least that waits for none.
   */
  stuckSince(time: number): boolean {
    const { held, waiting } = this.checkouts;
    return this.holds && this.running === 0 && waiting >= held && this.lastUsed <= time;
  }
}
