import pg from 'pg';
import { outsideContext } from '../context.js';
import { ConnectionTimeoutError } from '../errors.js';

export type Checkout = (error: Error | undefined, client: pg.PoolClient | undefined) => void;

/**
 * Connects outside of every tenant's context: the events of a socket run in the context that opened
 * it, and that must never be some tenant's.
 */
class ContextFreeClient extends pg.Client {
  override connect(): Promise<this>;
  override connect(callback: (error: Error) => void): void;
  override connect(callback?: (error: Error) => void): Promise<this> | void {
    if (callback) return outsideContext(() => super.connect(callback));
    return outsideContext(() => super.connect().then(() => this));
  }
}

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool {
  readonly pool: pg.Pool;
  readonly config: pg.PoolConfig;
  readonly #timeoutMs: number;

  constructor(config: pg.PoolConfig, onError: (error: Error) => void) {
    this.config = config;
    this.#timeoutMs = config.connectionTimeoutMillis ?? 0;
    this.pool = new pg.Pool({ ...config, Client: ContextFreeClient });
    // Without these two a lost connection, idle or checked out, ends the process: pg-pool takes its
    // own listener off a client while it is checked out.
    this.pool.on('error', onError);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Takes a connection. The callback runs in the context of whoever gave one back. */
  checkout(callback: Checkout): void {
    const started = performance.now();
    this.pool.connect((error, client) => {
      if (error) callback(this.#typed(error, performance.now() - started), undefined);
      else callback(undefined, client);
    });
  }

  /** pg-pool's time-out is an Error without a code, so it is told by the time that has passed. */
  #typed(error: Error, elapsedMs: number): Error {
    const timedOut = this.#timeoutMs > 0 && elapsedMs >= this.#timeoutMs - 5 && !('code' in error);
    return timedOut ? new ConnectionTimeoutError(this.#timeoutMs, error) : error;
  }
}
