import { ConnectionTimeoutError } from '../errors.js';
import type { ConnectionRequest } from './connection-request.js';

/** It looks no more often than so, since each look goes through all that wait. */
const LEAST_MS = 5;

/** Refuses requests that have got no connection in time. One timer for all of them. */
export class TimeLimit {
  readonly #timeoutMs: number;
  readonly #unanswered: () => Iterable<ConnectionRequest>;
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param timeoutMs 0 waits for ever
   * @param unanswered the requests that have no connection yet
   */
  constructor(timeoutMs: number, unanswered: () => Iterable<ConnectionRequest>) {
    this.#timeoutMs = timeoutMs;
    this.#unanswered = unanswered;
  }

  /** To be called where a request is not answered at once. */
  watch(): void {
    if (this.#timeoutMs > 0 && !this.#timer) this.#arm(this.#timeoutMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #arm(milliseconds: number): void {
    // Who is refused may ask again at once, which sets it too.
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#refuseLate(), milliseconds).unref();
  }

  /** Whoever came after the timer was set has more time than it, so nobody is late for long. */
  #refuseLate(): void {
    this.#timer = undefined;
    const started = performance.now() - this.#timeoutMs;
    const unanswered = [...this.#unanswered()];
    const inTime = unanswered.filter(({ since }) => since > started);
    for (const request of unanswered) {
      if (request.since <= started) request.refuse(new ConnectionTimeoutError(this.#timeoutMs));
    }
    if (inTime.length === 0) return;
    const first = inTime.reduce((least, { since }) => Math.min(least, since), Infinity);
    this.#arm(Math.max(LEAST_MS, Math.ceil(first - started)));
  }
}
