import { ConnectionTimeoutError } from '../errors.js';
import type { Connection } from './connection.js';

export type Checkout = (error: Error | undefined, connection: Connection | undefined) => void;

export interface Waiter {
  readonly checkout: Checkout;
  readonly since: number;
}

/** Who waits for a connection, and for how long already. One timer for all of them. */
export class Waiters {
  readonly #timeoutMs: number;
  /** In the order in which they came, so the first is the first to run out of time. */
  readonly #waiting = new Set<Waiter>();
  #timer: NodeJS.Timeout | undefined;

  /** @param timeoutMs 0 waits for ever */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  add(checkout: Checkout): Waiter {
    const waiter = { checkout, since: performance.now() };
    this.#waiting.add(waiter);
    if (this.#timeoutMs > 0 && !this.#timer) this.#arm(this.#timeoutMs);
    return waiter;
  }

  /** @returns false where it has been answered already */
  remove(waiter: Waiter): boolean {
    return this.#waiting.delete(waiter);
  }

  refuseAll(error: Error): void {
    clearTimeout(this.#timer);
    for (const waiter of this.#waiting) this.#refuse(waiter, error);
  }

  #refuse(waiter: Waiter, error: Error): void {
    this.#waiting.delete(waiter);
    waiter.checkout(error, undefined);
  }

  #arm(milliseconds: number): void {
    this.#timer = setTimeout(() => this.#refuseLate(), milliseconds);
    this.#timer.unref();
  }

  #refuseLate(): void {
    this.#timer = undefined;
    for (const waiter of this.#waiting) {
      const left = waiter.since + this.#timeoutMs - performance.now();
      if (left > 0) return this.#arm(Math.ceil(left));
      this.#refuse(waiter, new ConnectionTimeoutError(this.#timeoutMs));
    }
  }
}
