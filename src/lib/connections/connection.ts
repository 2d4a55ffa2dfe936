import type pg from 'pg';

type Release = (error?: Error | boolean) => void;

/** A connection on loan from a pool: the client, and the one way to give it back. */
export class Connection {
  readonly client: pg.PoolClient;
  readonly #release: Release;
  readonly #onRelease: (connection: Connection) => void;
  #released = false;

  /**
   * @param release of this loan: the client's own `release` is replaced with every loan, and would
   *   give back somebody else's
   */
  constructor(
    client: pg.PoolClient,
    release: Release,
    onRelease: (connection: Connection) => void,
  ) {
    this.client = client;
    this.#release = release;
    this.#onRelease = onRelease;
  }

  /** Gives it back, or closes it where an error or true is given. A second call does nothing. */
  release(error?: Error | boolean): void {
    if (this.#released) return;
    this.#released = true;
    this.#onRelease(this);
    this.#release(error);
  }
}
