import type { WireConnection } from './wire-connection.js';
import { SqlState, sqlState } from './pg-errors.js';

/**
 * On which connections the statements that make a tenant's settings are prepared. It saves the server
 * half of what they cost.
 *
 * A pooler in transaction mode may hand a statement to a server connection on which it is not
 * prepared, or was by another client. The server then refuses the settings, and with them all that
 * was sent behind them, so nothing was done: it is sent again without, and so is all that follows.
 */
export class Preparation {
  #enabled: boolean;
  readonly #names = new WeakMap<WireConnection, Set<string>>();

  constructor(enabled: boolean) {
    this.#enabled = enabled;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  has(connection: WireConnection, name: string): boolean {
    return this.#names.get(connection)?.has(name) ?? false;
  }

  add(connection: WireConnection, name: string): void {
    const names = this.#names.get(connection);
    if (names) names.add(name);
    else this.#names.set(connection, new Set([name]));
  }

  /** Whether the server refused the settings for how they were prepared. Then it is over with that. */
  endedBy(error: unknown): boolean {
    if (!PREPARED_ELSEWHERE.has(sqlState(error) ?? '')) return false;
    this.#enabled = false;
    return true;
  }
}

const PREPARED_ELSEWHERE: ReadonlySet<string> = new Set([
  SqlState.invalidSqlStatementName,
  SqlState.duplicatePreparedStatement,
]);
