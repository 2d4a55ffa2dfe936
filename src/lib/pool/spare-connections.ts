import { affinity } from './affinity.js';
import type { Loan } from './connection.js';

/** Who asks for a connection, as far as it matters which. */
export interface Candidate {
  readonly affinityKey: number;
  /** The number of the connection that suits it best, once it was looked for. */
  favourite: number | undefined;
}

/**
 * Connections that were given back lately, for whoever asks next.
 *
 * Under load there always is somebody. Each way through node-postgres' pool sets and clears a timer,
 * exchanges listeners and waits for a tick, which together take longer than the runtime's own work.
 * And that pool gives out the one that was used last, whoever it is for; here it is the one that
 * suits the tenant.
 */
export class SpareConnections {
  readonly #keepMs: number;
  readonly #onLost: (error: Error) => void;
  readonly #loans: Loan[] = [];
  /** Numbers of all open connections, in use or not. */
  readonly #open = new Set<number>();
  #timer: NodeJS.Timeout | undefined;

  /**
   * @param keepMs after how long without use they go back to their pool
   * @param onLost is told of one that broke meanwhile
   */
  constructor(keepMs: number, onLost: (error: Error) => void) {
    this.#keepMs = keepMs;
    this.#onLost = onLost;
  }

  /** How many there are. */
  get count(): number {
    return this.#loans.length;
  }

  opened(connection: number): void {
    this.#open.add(connection);
  }

  closed(connection: number): void {
    this.#open.delete(connection);
  }

  keep(loan: Loan): void {
    this.#loans.push(loan);
    loan.client.onLost = (error) => {
      this.#remove(this.#loans.indexOf(loan));
      loan.giveBack(error);
      this.#onLost(error);
    };
    this.#timer ??= setTimeout(() => this.#returnUnused(), this.#keepMs).unref();
  }

  /** The one of them that suits the tenant best. */
  take({ affinityKey }: Candidate): Loan | undefined {
    let best = -1;
    let highest = -1;
    for (let i = 0; i < this.#loans.length; i++) {
      const value = affinity(affinityKey, (this.#loans[i] as Loan).client.number);
      if (value > highest) [best, highest] = [i, value];
    }
    return this.#remove(best);
  }

  /** Whether one of them suits the tenant better than any other connection would. */
  suit(candidate: Candidate): boolean {
    const favourite = (candidate.favourite ??= this.#favouriteOf(candidate));
    return this.#loans.some(({ client }) => client.number === favourite);
  }

  /** Gives all of them back to their pool. */
  returnAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#loans.length > 0) this.#remove(0)?.giveBack();
  }

  #favouriteOf({ affinityKey }: Candidate): number | undefined {
    let best: number | undefined;
    let highest = -1;
    for (const connection of this.#open) {
      const value = affinity(affinityKey, connection);
      if (value > highest) [best, highest] = [connection, value];
    }
    return best;
  }

  #returnUnused(): void {
    const unused = performance.now() - this.#keepMs;
    for (let i = this.#loans.length - 1; i >= 0; i--) {
      if ((this.#loans[i] as Loan).lastUsed <= unused) this.#remove(i)?.giveBack();
    }
    this.#timer =
      this.#loans.length > 0
        ? setTimeout(() => this.#returnUnused(), this.#keepMs).unref()
        : undefined;
  }

  #remove(index: number): Loan | undefined {
    const [loan] = index === -1 ? [] : this.#loans.splice(index, 1);
    if (loan) loan.client.onLost = undefined;
    return loan;
  }
}
