import type { ContextFreeClient } from '../pool/context-free-client.js';
import type { Analysis } from '../sql/analysis.js';
import { HAS_LASTING_CODE, LASTING_SOURCE, type Question } from './leftovers.js';
import { executeOnce } from '../pool/messages.js';
import type { Scope } from './scope.js';
import { TenantQuery, type QueryCallback, type QueryConfig } from './tenant-query.js';
import type { WireConnection } from '../pool/wire-connection.js';

/** Statements of the runtime that stand in front, by what they are for. */
type InFront = 'reset' | 'question' | 'settings' | 'guard';

const QUESTION = executeOnce(HAS_LASTING_CODE, [LASTING_SOURCE]);
const QUERIES: ReadonlySet<string> = new Set([
  'delete',
  'insert',
  'merge',
  'select',
  'table',
  'update',
  'values',
  'with',
]);

/**
 * A statement that goes out together with its scope: Parse, Bind and Execute of both stand under one
 * Sync, so the server runs them in one (implicit, or the already open) transaction. The settings are
 * local to it; nothing stays on the connection, and no pooler can come in between.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class ScopedQuery extends TenantQuery {
  readonly #scope: Scope;
  readonly #client: ContextFreeClient;
  readonly #analysis: Analysis;
  /** What stands in front, as far as the server has not answered it. */
  #inFront: InFront[] = [];
  #question: Question | undefined;
  #prepared = false;

  constructor(
    text: string,
    config: QueryConfig,
    values: unknown[] | undefined,
    scope: Scope,
    analysis: Analysis,
    client: ContextFreeClient,
    callback: QueryCallback,
  ) {
    super(text, config, values, callback);
    this.#scope = scope;
    this.#analysis = analysis;
    this.#client = client;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      this.#inFront = [];
      this.#writeReset(connection);
      this.#writeSettings(connection);
      this.#writeGuard(connection);
      // Code without a tenant may send what a simple query alone can be.
      const isAlone = this.#inFront.length === 0 && this.#scope.quotedSchema === undefined;
      this.queryMode = isAlone ? undefined : 'extended';
      return super.submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  #write({ stream }: WireConnection, messages: Buffer, what: InFront, count = 1): void {
    stream.write(messages);
    for (let i = 0; i < count; i++) this.#inFront.push(what);
  }

  #writeReset(connection: WireConnection): void {
    // It takes a snapshot: only where the statement takes one itself.
    const mayAsk = QUERIES.has(this.#analysis.command);
    this.#question = this.#scope.question(this.#client, this.#analysis, mayAsk);
    if (this.#scope.resets(this.#client)) {
      const { messages, count } = this.#client.sessionReset;
      this.#write(connection, messages, 'reset', count);
    }
    if (this.#question) this.#write(connection, QUESTION, 'question');
  }

  #writeSettings(connection: WireConnection): void {
    const { settings, preparation } = this.#scope;
    const sent = this.#scope.inFront(this.#client);
    this.#prepared = sent === 'all' && preparation.enabled;
    if (sent === 'local') {
      // Not prepared: a refusal could not be made good, since the transaction would have failed.
      this.#write(connection, settings.local, 'settings', settings.localCount);
    } else if (this.#prepared) {
      if (!preparation.has(connection, settings.name)) connection.stream.write(settings.prepare);
      this.#write(connection, settings.prepared, 'settings');
    } else if (sent === 'all') {
      this.#write(connection, settings.unprepared, 'settings');
    }
  }

  #writeGuard(connection: WireConnection): void {
    const { guard } = this.#scope.settings;
    if (this.#analysis.creates && guard) this.#write(connection, guard, 'guard');
  }

  override handleDataRow(message: { readonly fields: readonly unknown[] }): void {
    if (this.#inFront[0] === 'question') this.#question?.answer(message.fields[0]);
    else super.handleDataRow(message);
  }

  /** The completions of what stands in front come first, and are nobody's results. */
  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    const answered = this.#inFront.shift();
    if (answered === undefined) return super.handleCommandComplete(message, connection);
    const { settings, preparation } = this.#scope;
    if (answered === 'settings' && this.#prepared) preparation.add(connection, settings.name);
  }

  override handleError(error: Error, connection: WireConnection): void {
    const nothingDone = this.#inFront[0] === 'settings' && this.#prepared;
    if (nothingDone && this.#scope.preparation.endedBy(error)) {
      this.#client.query(this as never);
    } else {
      super.handleError(error, connection);
    }
  }
}
