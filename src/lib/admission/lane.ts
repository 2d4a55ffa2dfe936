import { Queue, type Queued } from './queue.js';
import type { Ticket } from './ticket.js';

/** The tickets of one tenant. A lane exists while it has any. */
export class Lane implements Queued<Lane> {
  readonly tenant: string;
  /** Connections the tenant has. */
  inFlight = 0;
  /** How often others went before it since it was served last, for whom the connection was better. */
  passedOver = 0;
  /** First come, first served; whoever holds a connection already goes before the tenant's others. */
  readonly #nested = new Queue<Ticket>();
  readonly #others = new Queue<Ticket>();
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

  add(ticket: Ticket): void {
    this.#queueOf(ticket).add(ticket);
  }

  /** @returns false where it does not wait (any more) */
  remove(ticket: Ticket): boolean {
    return this.#queueOf(ticket).remove(ticket);
  }

  *tickets(): Iterable<Ticket> {
    yield* this.#nested;
    yield* this.#others;
  }

  /** The ticket that may go now, if one may. */
  next(mayHold: boolean): Ticket | undefined {
    const nested = this.#nested.first;
    if (nested && this.allows(nested, mayHold)) return nested;
    const other = this.#others.first;
    return other && this.allows(other, mayHold) ? other : undefined;
  }

  /**
   * Whether the tenant's own limit lets it go, and (for one that insists on holding its connection)
   * the pool's. One that holds a connection already may go one beyond both.
   */
  allows(ticket: Ticket, mayHold: boolean): boolean {
    if (ticket.nested) return this.inFlight <= ticket.maxConnections;
    return this.inFlight < ticket.maxConnections && (mayHold || !ticket.insists);
  }

  /** The one that has waited longest, of those that hold nothing while they wait. */
  oldest(): Ticket | undefined {
    return this.#others.first;
  }

  #queueOf(ticket: Ticket): Queue<Ticket> {
    return ticket.nested ? this.#nested : this.#others;
  }
}
