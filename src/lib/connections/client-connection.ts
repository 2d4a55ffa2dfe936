import type { Checkout, CheckoutCallback } from '../pool/checkout.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';

/** A statement that waits for the client to have a connection that is good for it. */
interface Waiting {
  readonly holds: boolean;
  readonly run: CheckoutCallback;
}

/** @param holds whether it is to be kept from one statement to the next */
export type CheckoutAgain = (holds: boolean, callback: CheckoutCallback) => void;

/**
 * The connection of a checked-out client. As a rule that is one, from the check-out to the release.
 *
 * Where the pool has only its last one left, which nobody may hold, the client has it for a statement
 * at a time: it is released when nothing runs on it, and checked out anew with the next statement. So
 * what checks a client out to send one statement has all connections, and none is kept by code that
 * waits. A statement that needs the connection afterwards (BEGIN, a cursor) waits until one may be
 * held, and keeps it.
 */
export class ClientConnection {
  readonly #checkoutAgain: CheckoutAgain;
  readonly #onChange: (client: ContextFreeClient | undefined) => void;
  readonly #waiting: Waiting[] = [];
  #checkout: Checkout | undefined;
  #last: ContextFreeClient;
  #asking = false;
  /** Whether it is kept whatever comes: something may have stayed on it, or it is lost. */
  #kept = false;
  #released = false;

  /** @param onChange is told of the connection that it has from now on, if it has one */
  constructor(
    checkout: Checkout,
    checkoutAgain: CheckoutAgain,
    onChange: (client: ContextFreeClient | undefined) => void,
  ) {
    this.#checkout = checkout;
    this.#last = checkout.client;
    this.#checkoutAgain = checkoutAgain;
    this.#onChange = onChange;
    // Whoever wants to send a statement does it now. Whoever does not would keep it from all others.
    if (!checkout.holds) setImmediate(() => this.ended(checkout));
  }

  /** That of now, if there is one. */
  get client(): ContextFreeClient | undefined {
    return this.#checkout?.client;
  }

  /** That of now, or the one that it had last: for what is the same on all of them. */
  get anyClient(): ContextFreeClient {
    return this.#last;
  }

  /** Calls back with the connection, at once where it is there and good for it. */
  use(holds: boolean, run: CheckoutCallback): void {
    const checkout = this.#checkout;
    if (checkout && this.#waiting.length === 0 && !(holds && this.#isShared(checkout))) {
      return run(undefined, checkout);
    }
    this.#waiting.push({ holds, run });
    this.#proceed();
  }

  /** From now on it is kept until the client is released. */
  keep(): void {
    this.#kept = true;
  }

  /** To be told when a statement on the connection has ended. */
  ended(checkout: Checkout): void {
    if (checkout !== this.#checkout || !this.#isShared(checkout)) return;
    if (checkout.running > 0) return;
    this.#release(checkout);
    this.#proceed();
  }

  /**
   * Gives the connection back for good, or closes it.
   *
   * @param refusal what statements are answered with that have not been sent
   */
  release(closes: Error | boolean, refusal: () => Error): void {
    const checkout = this.#checkout;
    this.#released = true;
    this.#checkout = undefined;
    this.#onChange(undefined);
    checkout?.release(closes || this.#isDirty(checkout));
    this.#fail(refusal);
  }

  /** Whether it goes back to the pool between statements. */
  #isShared({ holds, client }: Checkout): boolean {
    return !holds && !this.#kept && client.getTransactionStatus() === 'I';
  }

  #isDirty({ running, client }: Checkout): boolean {
    return this.#kept || running > 0 || client.getTransactionStatus() !== 'I';
  }

  #release(checkout: Checkout): void {
    this.#checkout = undefined;
    this.#onChange(undefined);
    checkout.release();
  }

  /** Runs what waits, as far as it can. */
  #proceed(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      const checkout = this.#checkout;
      if (!checkout) return this.#ask(next.holds);
      if (next.holds && this.#isShared(checkout)) {
        // What it ends with tells.
        if (checkout.running > 0) return;
        this.#release(checkout);
        continue;
      }
      this.#waiting.shift();
      next.run(undefined, checkout);
    }
  }

  #ask(holds: boolean): void {
    if (this.#asking) return;
    this.#asking = true;
    this.#checkoutAgain(holds, (error, checkout) => {
      this.#asking = false;
      if (this.#released) return checkout?.release();
      if (!checkout) return this.#fail(() => error ?? new Error('No connection.'));
      this.#checkout = checkout;
      this.#last = checkout.client;
      this.#onChange(checkout.client);
      this.#proceed();
    });
  }

  /** All of them: what was to come behind a BEGIN must not run without it. */
  #fail(error: () => Error): void {
    for (const { run } of this.#waiting.splice(0)) run(error(), undefined);
  }
}
