import { ConnectionTimeoutError } from '../errors.js';
import type { Ticket } from './ticket.js';

/** Refuses tickets that have got no connection in time. One timer for all of them. */
export class TimeLimit {
  readonly #timeoutMs: number;
  /** In the order in which they came, so the first is the first to run out of time. */
  readonly #tickets = new Set<Ticket>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs 0 waits for ever */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  add(ticket: Ticket): void {
    this.#tickets.add(ticket);
    if (this.#timeoutMs > 0 && !this.#timer) this.#arm(this.#timeoutMs);
  }

  /** @returns false where it has been answered already */
  remove(ticket: Ticket): boolean {
    return this.#tickets.delete(ticket);
  }

  refuseAll(error: Error): void {
    clearTimeout(this.#timer);
    for (const ticket of this.#tickets) ticket.refuse(error);
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#refuseLate(), milliseconds).unref();
  }

  #refuseLate(): void {
    this.#timer = undefined;
    for (const ticket of this.#tickets) {
      const left = ticket.since + this.#timeoutMs - performance.now();
      if (left > 0) return this.#arm(Math.ceil(left));
      ticket.refuse(new ConnectionTimeoutError(this.#timeoutMs));
    }
  }
}
