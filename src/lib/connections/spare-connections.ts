import type { Loan } from './connection.js';

/**
 * Connections that were given back a moment ago, for whoever asks in the same turn of the event loop.
 *
 * Under load there always is somebody. Each way through node-postgres' pool sets and clears a timer,
 * exchanges listeners and waits for a tick, which together take longer than the runtime's own work.
 */
export class SpareConnections {
  readonly #loans: Loan[] = [];
  #returning: NodeJS.Immediate | undefined;

  /** How many there are. */
  get count(): number {
    return this.#loans.length;
  }

  keep(loan: Loan): void {
    this.#loans.push(loan);
    this.#returning ??= setImmediate(() => this.returnAll());
  }

  /** The one that was used last: its backend's caches are the warmest. */
  take(): Loan | undefined {
    for (let loan = this.#loans.pop(); loan; loan = this.#loans.pop()) {
      if (!loan.client.lost) return loan;
      loan.giveBack(true);
    }
    return undefined;
  }

  /** Gives all of them back to their pool. */
  returnAll(): void {
    clearImmediate(this.#returning);
    this.#returning = undefined;
    for (const { client, giveBack } of this.#loans.splice(0)) giveBack(client.lost);
  }
}
