import { Ticket, type Applicant } from '../admission/ticket.js';
import type { PooledClient } from './context-free-client.js';

export type Release = (error?: Error | boolean) => void;
export type Checkout = (error: Error | undefined, connection: Connection | undefined) => void;

/** A client as its pool has lent it. */
export interface Loan {
  readonly client: PooledClient;
  /**
   * Of this loan: the client's own `release` is replaced with every loan, and would give back
   * somebody else's.
   */
  readonly giveBack: Release;
  readonly since: number;
  /** When it was last given back by somebody, of performance.now(). */
  lastUsed: number;
}

/** Who asks for a connection. */
export interface Borrower extends Applicant {
  /** The tenant's, for the connection that serves it best. */
  readonly affinityKey: number;
}

/** What a connection needs of the pool that it is lent from. */
export interface Lender {
  open(connection: Connection): void;
  /** Whether a connection is free that suits it better than any other would. */
  suits(connection: Connection): boolean;
  refuse(connection: Connection, error: Error): void;
  /** @param error closes it, if there is one or it is true */
  takeBack(connection: Connection, loan: Loan, error: Error | boolean | undefined): void;
}

/** A connection of a pool, from the moment it is asked for until it is given back. */
export class Connection extends Ticket {
  readonly affinityKey: number;
  /** The number of the connection that suits it best, once it was looked for. */
  favourite: number | undefined;
  /** Whether it was lost while something was under way of which nobody knows whether it was kept. */
  inDoubt = false;
  readonly #lender: Lender;
  #callback: Checkout | undefined;
  #loan: Loan | undefined;
  #released = false;

  /** @param callback is called once: with this connection when it can be used, or with an error */
  constructor(borrower: Borrower, lender: Lender, callback: Checkout) {
    super(borrower);
    this.affinityKey = borrower.affinityKey;
    this.#lender = lender;
    this.#callback = callback;
  }

  /** Whether whoever asked for it was told that it is there, or that it will not be. */
  get answered(): boolean {
    return this.#callback === undefined;
  }

  get client(): PooledClient {
    if (!this.#loan) throw new Error('The connection has not been opened yet.');
    return this.#loan.client;
  }

  get suited(): boolean {
    return this.#lender.suits(this);
  }

  admit(): void {
    this.#lender.open(this);
  }

  refuse(error: Error): void {
    this.#lender.refuse(this, error);
  }

  abort(): void {
    this.release(true);
  }

  /** Hands it to whoever asked for it, unless they were refused meanwhile. */
  lend(loan: Loan): void {
    this.#loan = loan;
    this.lastUsed = performance.now();
    if (this.answered) this.release();
    else this.answer();
  }

  answer(error?: Error): void {
    const callback = this.#callback;
    this.#callback = undefined;
    callback?.(error, error ? undefined : this);
  }

  /** Gives it back, or closes it where an error or true is given. A second call does nothing, nor one before it was lent. */
  release(error?: Error | boolean): void {
    if (this.#released || !this.#loan) return;
    this.#released = true;
    this.#lender.takeBack(this, this.#loan, error);
  }
}
