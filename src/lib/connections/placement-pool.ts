import pg from 'pg';
import { outsideContext } from '../context.js';
import { ConnectionTimeoutError } from '../errors.js';

export type Checkout = (error: Error | undefined, client: pg.PoolClient | undefined) => void;

/** The one pool of connections to one database, shared by all tenants that live there. */
export class PlacementPool {
  readonly pool: pg.Pool;
  readonly config: pg.PoolConfig;
  readonly #timeoutMs: number;

  constructor(config: pg.PoolConfig, onError: (error: Error) => void) {
    this.config = config;
    this.#timeoutMs = config.connectionTimeoutMillis ?? 0;
    this.pool = new pg.Pool(config);
    // Without these two a lost connection, idle or checked out, ends the process: pg-pool takes its
    // own listener off a client while it is checked out.
    this.pool.on('error', onError);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Takes a connection. The callback runs outside of every tenant's context. */
  checkout(callback: Checkout): void {
    const started = performance.now();
    outsideContext(() =>
      this.pool.connect((error, client) => {
        if (error) callback(this.#typed(error, performance.now() - started), undefined);
        else callback(undefined, client);
      }),
    );
  }

  /** pg-pool's time-out is an Error without a code, so it is told by the time that has passed. */
  #typed(error: Error, elapsedMs: number): Error {
    const timedOut = this.#timeoutMs > 0 && elapsedMs >= this.#timeoutMs - 5 && !('code' in error);
    return timedOut ? new ConnectionTimeoutError(this.#timeoutMs, error) : error;
  }
}
