/**
 * Whether the search path of a transaction is still as it was set when it began.
 *
 * A function can change it for the rest of its transaction. PostgreSQL 18 reports the path whenever
 * it has changed, so that there it is known, and costs nothing; where nothing is reported (earlier
 * servers, some poolers) it is not known, and is set again in front of each statement.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-ASYNC
 */
export class TransactionSettings {
  #path: string | undefined;
  #reports = 0;
  #reportsBefore = 0;
  /** What was reported when the settings had been made, if anything was. */
  #made: string | undefined;

  /** The server has told its search path. */
  heard(path: string): void {
    this.#path = path;
    this.#reports++;
  }

  /** The settings are being sent. @param begins whether no transaction was open before */
  making(begins: boolean): void {
    this.#reportsBefore = this.#reports;
    if (begins) this.#made = undefined;
  }

  /** They have been made, and nothing else. */
  made(): void {
    if (this.#reports > this.#reportsBefore) this.#made = this.#path;
  }

  /** Whether it is known that they are as they were made. */
  get stand(): boolean {
    return this.#made !== undefined && this.#made === this.#path;
  }
}
