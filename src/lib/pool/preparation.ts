import { isPreparedElsewhere } from './prepared-statement-error.js';

/** Where statements that repeat are prepared: on no connection, on those to the server itself, on all. */
export type PreparesStatements = 'nowhere' | 'direct' | 'everywhere';

/**
 * What is prepared on connections: the statements that make a tenant's settings, which saves the server
 * half of what they cost, and the statements of tenants that repeat.
 *
 * A pooler in transaction mode may hand a statement to a server connection on which it is not
 * prepared, or was by another client. The server then refuses it, and with it all that was sent
 * behind it, so nothing was done: it is sent again without, and so is all that follows.
 */
export class Preparation {
  #settings: boolean;
  #statements: PreparesStatements;
  readonly #names = new WeakMap<object, Set<string>>();

  constructor(settings: boolean, statements: PreparesStatements) {
    this.#settings = settings;
    this.#statements = statements;
  }

  /** Whether settings are. */
  get settings(): boolean {
    return this.#settings;
  }

  get statements(): PreparesStatements {
    return this.#statements;
  }

  has(connection: object, name: string): boolean {
    return this.#names.get(connection)?.has(name) ?? false;
  }

  add(connection: object, name: string): void {
    const names = this.#names.get(connection);
    if (names) names.add(name);
    else this.#names.set(connection, new Set([name]));
  }

  /** The server has none of them on the connection. */
  clear(connection: object): void {
    this.#names.delete(connection);
  }

  /** Whether the server refused the settings for how they were prepared. Then it is over with that. */
  settingsEndedBy(error: unknown): boolean {
    if (!isPreparedElsewhere(error)) return false;
    this.#settings = false;
    return true;
  }

  /** Nothing more is prepared of statements: somebody in between hands connections on. */
  endStatements(): void {
    this.#statements = 'nowhere';
  }
}
