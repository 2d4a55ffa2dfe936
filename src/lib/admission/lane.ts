import { Queue, type Queued } from './queue.js';
import type { ConnectionRequest } from './connection-request.js';

/** The requests of one tenant. A lane exists while it has any. */
export class Lane implements Queued<Lane> {
  readonly tenant: string;
  /** Connections the tenant has. */
  inFlight = 0;
  /** How often others went before it since it was served last, for whom the connection was better. */
  passedOver = 0;
  /** First come, first served; whoever holds a connection already goes before the tenant's others. */
  readonly #nested = new Queue<ConnectionRequest>();
  readonly #others = new Queue<ConnectionRequest>();
  queue: Queue<Lane> | undefined;
  before: Lane | undefined;
  after: Lane | undefined;

  constructor(tenant: string) {
    this.tenant = tenant;
  }

  get waiting(): number {
    return this.#nested.size + this.#others.size;
  }

  get unused(): boolean {
    return this.inFlight === 0 && this.waiting === 0;
  }

  add(request: ConnectionRequest): void {
    this.#queueOf(request).add(request);
  }

  /** @returns false where it does not wait (any more) */
  remove(request: ConnectionRequest): boolean {
    return this.#queueOf(request).remove(request);
  }

  *requests(): Iterable<ConnectionRequest> {
    yield* this.#nested;
    yield* this.#others;
  }

  /** The request that may go now, if one may. */
  next(mayHold: boolean): ConnectionRequest | undefined {
    const nested = this.#nested.first;
    if (nested && this.allows(nested, mayHold)) return nested;
    const other = this.#others.first;
    return other && this.allows(other, mayHold) ? other : undefined;
  }

  /**
   * Whether the tenant's own limit lets it go, and (for one that insists on holding its connection)
   * the pool's. One that holds a connection already may go one beyond both.
   */
  allows(request: ConnectionRequest, mayHold: boolean): boolean {
    if (request.nested) return this.inFlight <= request.maxConnections;
    return this.inFlight < request.maxConnections && (mayHold || !request.insists);
  }

  /** The one that has waited longest, of those that hold nothing while they wait. */
  oldest(): ConnectionRequest | undefined {
    return this.#others.first;
  }

  #queueOf(request: ConnectionRequest): Queue<ConnectionRequest> {
    return request.nested ? this.#nested : this.#others;
  }
}
