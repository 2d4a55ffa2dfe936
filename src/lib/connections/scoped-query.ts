import pg from 'pg';
import type { TenantScope } from './tenant-scope.js';

export type QueryCallback = (error: Error | null, result: pg.QueryResult) => void;

/** The part of node-postgres' connection that writes messages; its published types are stricter. */
interface WireConnection {
  readonly stream: { cork(): void; uncork(): void; write(bytes: Buffer): boolean };
  sendCopyFail(message: string): void;
  sync(): void;
}

/** node-postgres' Query with the handlers it has, which its published types leave out. */
declare class WireQuery {
  constructor(
    config: pg.QueryConfig & { query_timeout?: number },
    values: unknown[] | undefined,
    callback: QueryCallback,
  );
  queryMode: 'extended';
  query_timeout: number | undefined;
  submit(connection: WireConnection): Error | null;
  handleCommandComplete(message: unknown, connection: WireConnection): void;
  handleCopyInResponse(connection: WireConnection): void;
}

const BaseQuery = pg.Query as unknown as typeof WireQuery;

/**
 * A statement that goes out together with its search path: Parse, Bind and Execute of both stand
 * under one Sync, so the server runs them in one (implicit, or the already open) transaction. The
 * setting is local to it; nothing stays on the connection, and no pooler can come in between.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class ScopedQuery extends BaseQuery {
  readonly #scope: TenantScope;
  #scoping = true;

  constructor(
    config: pg.QueryConfig & { query_timeout?: number },
    values: unknown[] | undefined,
    scope: TenantScope,
    callback: QueryCallback,
  ) {
    super(config, values, callback);
    this.queryMode = 'extended';
    this.query_timeout = config.query_timeout;
    this.#scope = scope;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      connection.stream.write(this.#scope.messages);
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
