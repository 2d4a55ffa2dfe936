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
}

/** What a connection needs of the pool that it is lent from. */
export interface Lender {
  open(connection: Connection): void;
  refuse(connection: Connection, error: Error): void;
  /** @param error closes it, if there is one or it is true */
  takeBack(connection: Connection, loan: Loan, error: Error | boolean | undefined): void;
}

/** A connection of a pool, from the moment it is asked for until it is given back. */
export class Connection extends Ticket {
  readonly answer: Checkout;
  /** Whether it was lost while something was under way of which nobody knows whether it was kept. */
  inDoubt = false;
  readonly #lender: Lender;
  #loan: Loan | undefined;
  #released = false;

  constructor(applicant: Applicant, lender: Lender, answer: Checkout) {
    super(applicant);
    this.#lender = lender;
    this.answer = answer;
  }

  get client(): PooledClient {
    if (!this.#loan) throw new Error('The connection has not been opened yet.');
    return this.#loan.client;
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

  lend(loan: Loan): void {
    this.#loan = loan;
    this.lastUsed = performance.now();
  }

  /** Gives it back, or closes it where an error or true is given. A second call does nothing, nor one before it was lent. */
  release(error?: Error | boolean): void {
    if (this.#released || !this.#loan) return;
    this.#released = true;
    this.#lender.takeBack(this, this.#loan, error);
  }
}
