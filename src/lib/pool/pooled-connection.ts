import type { Queue, Queued } from '../admission/queue.js';
import type { ContextFreeClient } from './context-free-client.js';

/** A connection of a pool: it is opened, in use and idle by turns, and then closed. */
export class PooledConnection implements Queued<PooledConnection> {
  readonly client: ContextFreeClient;
  state: 'opening' | 'in use' | 'idle' | 'closing' = 'opening';
  /** How often it was checked out and released. */
  uses = 0;
  /** When it is too old, of performance.now(); Infinity for never. */
  expiresAt = Infinity;
  /** When it was released last. */
  idleSince = 0;
  /** Of those that are idle. */
  queue: Queue<PooledConnection> | undefined;
  before: PooledConnection | undefined;
  after: PooledConnection | undefined;

  constructor(client: ContextFreeClient) {
    this.client = client;
  }
}
