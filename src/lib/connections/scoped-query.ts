import {
  TenantQuery,
  type QueryCallback,
  type QueryConfig,
  type WireConnection,
} from './tenant-query.js';

/**
 * A statement that goes out together with its tenant's settings: Parse, Bind and Execute of both stand
 * under one Sync, so the server runs them in one (implicit, or the already open) transaction. The
 * settings are local to it; nothing stays on the connection, and no pooler can come in between.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class ScopedQuery extends TenantQuery {
  readonly #settings: Buffer;
  #scoping = true;

  constructor(
    text: string,
    config: QueryConfig,
    values: unknown[] | undefined,
    settings: Buffer,
    callback: QueryCallback,
  ) {
    super(text, config, values, callback);
    this.queryMode = 'extended';
    this.#settings = settings;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      connection.stream.write(this.#settings);
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  /** The scope's own completion comes first, and is nobody's result. */
  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#scoping) this.#scoping = false;
    else super.handleCommandComplete(message, connection);
  }

  /** While it copies in, the server has ignored the Sync that was sent, and waits for another. */
  override handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFail('COPY FROM STDIN has no source here');
    connection.sync();
  }
}
