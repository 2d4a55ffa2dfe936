import { Ticket, type Applicant } from '../admission/ticket.js';
import type { PooledClient } from './context-free-client.js';

export type Release = (error?: Error | boolean) => void;
export type Checkout = (error: Error | undefined, connection: Connection | undefined) => void;

/** What a connection needs of the pool that it is lent from. */
export interface Lender {
  open(connection: Connection): void;
  refuse(connection: Connection, error: Error): void;
  takeBack(connection: Connection): void;
}

/** A connection of a pool, from the moment it is asked for until it is given back. */
export class Connection extends Ticket {
  readonly answer: Checkout;
  /** Whether it was lost while something was under way of which nobody knows whether it was kept. */
  inDoubt = false;
  readonly #lender: Lender;
  #client: PooledClient | undefined;
  #giveBack: Release | undefined;
  #released = false;

  constructor(applicant: Applicant, lender: Lender, answer: Checkout) {
    super(applicant);
    this.#lender = lender;
    this.answer = answer;
  }

  get client(): PooledClient {
    if (!this.#client) throw new Error('The connection has not been opened yet.');
    return this.#client;
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

  /**
   * @param giveBack of this loan: the client's own `release` is replaced with every loan, and would
   *   give back somebody else's
   */
  lend(client: PooledClient, giveBack: Release): void {
    this.#client = client;
    this.#giveBack = giveBack;
    this.lastUsed = performance.now();
  }

  /** Gives it back, or closes it where an error or true is given. A second call does nothing, nor one before it was lent. */
  release(error?: Error | boolean): void {
    if (this.#released || !this.#giveBack) return;
    this.#released = true;
    this.#giveBack(error);
    this.#lender.takeBack(this);
  }
}
