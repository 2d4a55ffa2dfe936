import type { PooledClient } from '../connections/context-free-client.js';
import {
  TenantQuery,
  type QueryCallback,
  type QueryConfig,
  type WireConnection,
} from './tenant-query.js';
import type { Scope } from './scope.js';

/**
 * A statement that goes out together with its scope: Parse, Bind and Execute of both stand under one
 * Sync, so the server runs them in one (implicit, or the already open) transaction. The settings are
 * local to it; nothing stays on the connection, and no pooler can come in between.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class ScopedQuery extends TenantQuery {
  readonly #scope: Scope;
  readonly #client: PooledClient;
  readonly #creates: boolean;
  /** Statements in front that the server has not answered yet. */
  #inFront = 0;
  #prepared = false;

  constructor(
    text: string,
    config: QueryConfig,
    values: unknown[] | undefined,
    scope: Scope,
    creates: boolean,
    client: PooledClient,
    callback: QueryCallback,
  ) {
    super(text, config, values, callback);
    this.queryMode = 'extended';
    this.#scope = scope;
    this.#creates = creates;
    this.#client = client;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      this.#inFront = this.#writeInFront(connection);
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  /** @returns how many statements that were */
  #writeInFront(connection: WireConnection): number {
    const { guard } = this.#scope.settings;
    const count = this.#writeSettings(connection);
    if (!this.#creates || !guard) return count;
    connection.stream.write(guard);
    return count + 1;
  }

  #writeSettings(connection: WireConnection): number {
    const { stream } = connection;
    const { settings, preparation } = this.#scope;
    const sent = this.#scope.inFront(this.#client);
    this.#prepared = sent === 'all' && preparation.enabled;
    if (sent === 'none') return 0;
    if (sent === 'local') {
      // Not prepared: a refusal could not be made good, since the transaction would have failed.
      stream.write(settings.local);
      return settings.localCount;
    }
    if (!this.#prepared) {
      stream.write(settings.unprepared);
    } else {
      if (!preparation.has(connection, settings.name)) stream.write(settings.prepare);
      stream.write(settings.prepared);
    }
    return 1;
  }

  /** The completion of what stands in front comes first, and is nobody's result. */
  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (this.#inFront === 0) return super.handleCommandComplete(message, connection);
    this.#inFront--;
    const { settings, preparation } = this.#scope;
    if (this.#prepared) preparation.add(connection, settings.name);
  }

  override handleError(error: Error, connection: WireConnection): void {
    const nothingDone = this.#inFront > 0 && this.#prepared;
    if (nothingDone && this.#scope.preparation.endedBy(error)) {
      this.#client.query(this as never);
    } else {
      super.handleError(error, connection);
    }
  }
}
