import { affinity } from './affinity.js';
import type { Checkout, PooledConnection } from './checkout.js';

/**
 * Connections that were released lately, for whoever asks next.
 *
 * Under load there always is somebody. Each way through node-postgres' pool sets and clears a timer,
 * exchanges listeners and waits for a tick, which together take longer than the runtime's own work.
 * And that pool gives out the one that was used last, whoever it is for; here it is the one that
 * suits the tenant.
 */
export class SpareConnections {
  readonly #keepMs: number;
  readonly #onLost: (error: Error) => void;
  readonly #connections: PooledConnection[] = [];
  /** Numbers of all open connections, in use or not. */
  readonly #open = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param keepMs after how long without use they go back to their pool
   * @param onLost is told of one that broke meanwhile
   */
  constructor(keepMs: number, onLost: (error: Error) => void) {
    this.#keepMs = keepMs;
    this.#onLost = onLost;
  }

  /** How many there are. */
  get count(): number {
    return this.#connections.length;
  }

  opened(number: number): void {
    this.#open.add(number);
  }

  closed(number: number): void {
    this.#open.delete(number);
  }

  keep(connection: PooledConnection): void {
    this.#connections.push(connection);
    connection.client.onLost = (error) => {
      this.#remove(this.#connections.indexOf(connection));
      connection.release(error);
      this.#onLost(error);
    };
    this.#timer ??= setTimeout(() => this.#returnUnused(), this.#keepMs).unref();
  }

  /** The one of them that suits the tenant best. */
  take({ affinityKey }: Checkout): PooledConnection | undefined {
    let best = -1;
    let highest = -1;
    for (let i = 0; i < this.#connections.length; i++) {
      const value = affinity(affinityKey, (this.#connections[i] as PooledConnection).client.number);
      if (value > highest) [best, highest] = [i, value];
    }
    return this.#remove(best);
  }

  /** Whether one of them suits the tenant better than any other connection would. */
  suit(checkout: Checkout): boolean {
    const favourite = (checkout.favourite ??= this.#favouriteOf(checkout));
    return this.#connections.some(({ client }) => client.number === favourite);
  }

  /** Gives all of them back to their pool. */
  returnAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#connections.length > 0) this.#remove(0)?.release();
  }

  #favouriteOf({ affinityKey }: Checkout): number | undefined {
    let best: number | undefined;
    let highest = -1;
    for (const number of this.#open) {
      const value = affinity(affinityKey, number);
      if (value > highest) [best, highest] = [number, value];
    }
    return best;
  }

  #returnUnused(): void {
    const unused = performance.now() - this.#keepMs;
    for (let i = this.#connections.length - 1; i >= 0; i--) {
      if ((this.#connections[i] as PooledConnection).lastUsed <= unused) this.#remove(i)?.release();
    }
    this.#timer =
      this.#connections.length > 0
        ? setTimeout(() => this.#returnUnused(), this.#keepMs).unref()
        : undefined;
  }

  #remove(index: number): PooledConnection | undefined {
    const [connection] = index === -1 ? [] : this.#connections.splice(index, 1);
    if (connection) connection.client.onLost = undefined;
    return connection;
  }
}
