import type pg from 'pg';
import type { Preparation } from './preparation.js';
import type { SettingMessages } from './scope-messages.js';
import {
  TenantQuery,
  type QueryCallback,
  type QueryConfig,
  type WireConnection,
} from './tenant-query.js';

/** What a statement is sent behind. */
export interface Settings {
  readonly messages: SettingMessages;
  readonly preparation: Preparation;
}

/**
 * A statement that goes out together with its tenant's settings: Parse, Bind and Execute of both
 * stand under one Sync, so the server runs them in one (implicit, or the already open) transaction.
 * The settings are local to it; nothing stays on the connection, and no pooler can come in between.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class ScopedQuery extends TenantQuery {
  readonly #settings: Settings;
  readonly #client: pg.ClientBase;
  #scoping = true;
  #prepared = false;

  constructor(
    text: string,
    config: QueryConfig,
    values: unknown[] | undefined,
    settings: Settings,
    client: pg.ClientBase,
    callback: QueryCallback,
  ) {
    super(text, config, values, callback);
    this.queryMode = 'extended';
    this.#settings = settings;
    this.#client = client;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      this.#writeSettings(connection);
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  #writeSettings(connection: WireConnection): void {
    const { messages, preparation } = this.#settings;
    // In a transaction a refusal could not be made good: it would have failed with it.
    this.#prepared = preparation.enabled && this.#client.getTransactionStatus() === 'I';
    if (!this.#prepared) {
      connection.stream.write(messages.unprepared);
    } else {
      if (!preparation.has(connection, messages.name)) connection.stream.write(messages.prepare);
      connection.stream.write(messages.prepared);
    }
  }

  /** The settings' own completion comes first, and is nobody's result. */
  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    if (!this.#scoping) return super.handleCommandComplete(message, connection);
    this.#scoping = false;
    const { messages, preparation } = this.#settings;
    if (this.#prepared) preparation.add(connection, messages.name);
  }

  override handleError(error: Error, connection: WireConnection): void {
    const nothingDone = this.#scoping && this.#prepared;
    if (nothingDone && this.#settings.preparation.endedBy(error)) {
      this.#client.query(this as unknown as pg.Submittable);
    } else {
      super.handleError(error, connection);
    }
  }

  /** While it copies in, the server has ignored the Sync that was sent, and waits for another. */
  override handleCopyInResponse(connection: WireConnection): void {
    connection.sendCopyFail('COPY FROM STDIN has no source here');
    connection.sync();
  }
}
