import pg from 'pg';
import { outsideContext } from '../context.js';
import { ConnectionClosedError } from '../errors.js';
import { Connection } from './connection.js';
import { Waiters, type Checkout } from './waiters.js';

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
  readonly #waiters: Waiters;
  readonly #lent = new Set<Connection>();
  #closed = false;

  constructor(config: pg.PoolConfig, onError: (error: Error) => void) {
    this.config = config;
    const { connectionTimeoutMillis = 0, ...poolConfig } = config;
    this.#waiters = new Waiters(connectionTimeoutMillis);
    this.pool = new pg.Pool({
      ...poolConfig,
      // pg-pool would set a timer for each statement; waiting is timed here, connecting in there.
      Client: class extends ContextFreeClient {
        constructor(clientConfig?: pg.ClientConfig) {
          super({ ...clientConfig, connectionTimeoutMillis });
        }
      },
    });
    // Without these two a lost connection, idle or lent, ends the process: pg-pool takes its own
    // listener off a client while it is lent.
    this.pool.on('error', onError);
    this.pool.on('connect', (client) => client.on('error', () => undefined));
  }

  /** Lends a connection. The callback runs in the context of whoever gave one back. */
  checkout(callback: Checkout): void {
    if (this.#closed) return callback(new ConnectionClosedError(), undefined);
    const waiter = this.#waiters.add(callback);
    this.pool.connect((error, client, release) => {
      if (!this.#waiters.remove(waiter)) return client && release();
      callback(error, client && this.#lend(client, release));
    });
  }

  #lend(client: pg.PoolClient, release: (error?: Error | boolean) => void): Connection {
    const connection = new Connection(client, release, (lent) => this.#lent.delete(lent));
    this.#lent.add(connection);
    return connection;
  }

  /** Refuses who waits, lets what runs finish for so long, and then closes what is still lent. */
  async close(drainTimeoutMs: number): Promise<void> {
    this.#closed = true;
    const ended = this.pool.end();
    this.#waiters.refuseAll(new ConnectionClosedError());
    const timer = setTimeout(() => {
      for (const connection of this.#lent) connection.release(true);
    }, drainTimeoutMs);
    await ended;
    clearTimeout(timer);
  }
}
