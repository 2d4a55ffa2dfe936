import type { ContextFreeClient } from '../pool/context-free-client.js';
import {
  isOfPreparing,
  isPreparedElsewhere,
  markRefusedAsPrepared,
  mayBeOfPreparing,
} from '../pool/prepared-statement-error.js';
import { sqlState } from '../pool/server-errors.js';
import type { PreparedStatement } from '../pool/prepared-statements.js';
import { QUERIES, type Analysis } from '../sql/analysis.js';
import { HAS_LASTING_CODE, LASTING_SOURCE, type Question } from './leftovers.js';
import { closeStatement, executeOnce, parse } from '../pool/messages.js';
import type { Scope } from './scope.js';
import { TenantQuery, type QueryCallback, type QueryConfig } from './tenant-query.js';
import type { WireConnection } from '../pool/wire-connection.js';

/** Statements of the runtime that stand in front, by what they are for. */
type Own = 'backend' | 'reset' | 'question' | 'settings' | 'guard';

const QUESTION = executeOnce(HAS_LASTING_CODE, [LASTING_SOURCE]);
const BACKEND = executeOnce('select pg_catalog.pg_backend_pid()');

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
  readonly #mayPrepare: boolean;
  /** What stands in front, as far as the server has not answered it. */
  #inFront: Own[] = [];
  #question: Question | undefined;
  /** Whether its settings are a prepared statement. */
  #settingsPrepared = false;
  /** What it is itself on the connection, where it is prepared. */
  #prepared: PreparedStatement | undefined;
  /** How many statements the server will have taken once it has taken this one. */
  #boundAt = 0;
  /** Whether it was when it was sent. */
  #wasParsed = false;
  #sentAgain = false;
  #isGivenUp = false;
  /** What is known of its rows, of which the server was not asked then; undefined where it was. */
  #rows: object | null | undefined;
  #described: object | undefined;

  constructor(
    text: string,
    config: QueryConfig,
    values: unknown[] | undefined,
    scope: Scope,
    analysis: Analysis,
    mayPrepare: boolean,
    client: ContextFreeClient,
    callback: QueryCallback,
  ) {
    super(text, config, values, callback);
    this.#scope = scope;
    this.#analysis = analysis;
    this.#mayPrepare = mayPrepare;
    this.#client = client;
  }

  override submit(connection: WireConnection): Error | null {
    connection.stream.cork();
    try {
      return this.#submit(connection);
    } finally {
      connection.stream.uncork();
    }
  }

  #submit(connection: WireConnection): Error | null {
    this.#inFront = [];
    this.#described = undefined;
    this.#prepared = this.#mayPrepare
      ? this.#scope.prepared(this.#client, this.#analysis, this.text)
      : undefined;
    this.#wasParsed = this.#prepared?.isParsed ?? false;
    // In binary they are described otherwise. Behind a pooler another server connection may have
    // prepared the same text later, when its rows were others, and refuses nothing.
    const isKnown = this.#wasParsed && !this.binary && this.#client.isDirect === true;
    this.#rows = isKnown ? this.#prepared?.rows : undefined;
    this.#writeClosed(connection);
    this.#writeBackend(connection);
    this.#writeReset(connection);
    this.#writeSettings(connection);
    this.#writeGuard(connection);
    // Code without a tenant may send what a simple query alone can be.
    const isAlone = this.#inFront.length === 0 && this.#scope.quotedSchema === undefined;
    this.queryMode = isAlone ? undefined : 'extended';
    this.#boundAt = this.#client.bound + this.#inFront.length + 1;
    return this.#prepared
      ? this.#submitPrepared(connection, this.#prepared)
      : super.submit(connection);
  }

  /** With a name for no longer than it takes to write it: node-postgres would keep books of its own. */
  #submitPrepared(connection: WireConnection, { name, text, isParsed }: PreparedStatement) {
    if (!isParsed) {
      // Another client of a pooler may have prepared the same there.
      if (!this.#client.isDirect) connection.stream.write(closeStatement(name));
      connection.stream.write(parse(name, text));
    }
    this.name = name;
    try {
      return super.submit(
        this.#rows === undefined ? connection : (this.#client.undescribing as WireConnection),
      );
    } finally {
      this.name = undefined;
    }
  }

  override hasBeenParsed(): boolean {
    return this.name !== undefined;
  }

  #write({ stream }: WireConnection, messages: Buffer, what: Own, count = 1): void {
    stream.write(messages);
    for (let i = 0; i < count; i++) this.#inFront.push(what);
  }

  #writeClosed({ stream }: WireConnection): void {
    const names = this.#client.prepared?.takeClosed() ?? [];
    for (const name of names) stream.write(closeStatement(name));
  }

  /** A pooler gives its own numbers to its clients. */
  #writeBackend(connection: WireConnection): void {
    if (this.#client.getTransactionStatus() === 'E' || !QUERIES.has(this.#analysis.command)) return;
    if (this.#scope.asksWhetherDirect(this.#client)) this.#write(connection, BACKEND, 'backend');
  }

  #writeReset(connection: WireConnection): void {
    // It takes a snapshot: only where the statement takes one itself.
    const mayAsk = QUERIES.has(this.#analysis.command);
    this.#question = this.#scope.question(this.#client, this.#analysis, mayAsk);
    const reset = this.#scope.reset(this.#client);
    if (reset) this.#write(connection, reset.messages, 'reset', reset.count);
    if (this.#question) this.#write(connection, QUESTION, 'question');
  }

  #writeSettings(connection: WireConnection): void {
    const { settings, preparation } = this.#scope;
    const needed = this.#scope.settingsFor(this.#client);
    // Not in a transaction: a refusal could not be made good, since that would have failed.
    this.#settingsPrepared = needed === settings.all && preparation.settings;
    if (this.#settingsPrepared) {
      if (!preparation.has(connection, settings.name)) connection.stream.write(settings.prepare);
      this.#write(connection, settings.prepared, 'settings');
    } else if (needed) {
      this.#write(connection, needed.messages, 'settings', needed.count);
    }
  }

  #writeGuard(connection: WireConnection): void {
    const { guard } = this.#scope.settings;
    if (this.#analysis.creates && guard) this.#write(connection, guard.messages, 'guard');
  }

  override handleDataRow(message: { readonly fields: readonly unknown[] }): void {
    const first = this.#inFront[0];
    const field = message.fields[0];
    if (first === 'question') this.#question?.answer(field);
    else if (first === 'backend') this.#client.isDirect = Number(field) === this.#client.processID;
    else {
      this.#describe();
      super.handleDataRow(message);
    }
  }

  override handleRowDescription(message: object): void {
    this.#described = message;
    super.handleRowDescription(message);
  }

  /** What the server was not asked for, in front of what would have come behind it. */
  #describe(): void {
    if (!this.#rows || this.#described) return;
    this.handleRowDescription(copyOf(this.#rows));
  }

  /** The completions of what stands in front come first, and are nobody's results. */
  override handleCommandComplete(message: unknown, connection: WireConnection): void {
    const answered = this.#inFront.shift();
    if (answered === undefined) {
      this.#describe();
      if (this.#prepared) {
        this.#prepared.isParsed = true;
        if (!this.binary) this.#prepared.rows ??= this.#described ? copyOf(this.#described) : null;
      }
      return super.handleCommandComplete(message, connection);
    }
    const { settings, preparation } = this.#scope;
    if (answered !== 'settings' || !this.#settingsPrepared) return;
    preparation.add(connection, settings.name);
  }

  override handleError(error: Error, connection: WireConnection): void {
    if (this.#prepared && this.#wasTaken) this.#prepared.isParsed = true;
    // Of a time-out of the client: whoever has sent it was told that it failed.
    this.#isGivenUp ||= sqlState(error) === undefined;
    if (!this.#isGivenUp && this.#isSentAgainAfter(error)) this.#client.query(this as never);
    else super.handleError(error, connection);
  }

  /** Whether nothing was done for how something was prepared, and it can be sent again without. */
  #isSentAgainAfter(error: Error): boolean {
    const { preparation } = this.#scope;
    if (this.#inFront[0] === 'settings' && this.#settingsPrepared) {
      return preparation.settingsEndedBy(error);
    }
    if (!this.#prepared || this.#wasTaken) return false;
    // Of what was to be prepared the server may have it, or not.
    this.#client.prepared?.forget(this.#prepared);
    if (isPreparedElsewhere(error)) {
      // The others are gone as well, or they are another server connection's.
      this.#client.prepared?.forgetAll();
    } else if (!this.#wasParsed) {
      return false;
    }
    // A pooler may keep what it has prepared for a text, whatever it is told, and so the error.
    if (!this.#client.isDirect && isOfPreparing(error)) preparation.endStatements();
    if (this.#client.getTransactionStatus() !== 'I') {
      if (isOfPreparing(error)) markRefusedAsPrepared(error);
      return false;
    }
    if (this.#sentAgain || !mayBeOfPreparing(error)) return false;
    this.#sentAgain = true;
    return true;
  }

  /** Whether the server had taken it with its values: what it said then is not of how it was sent. */
  get #wasTaken(): boolean {
    return this.#client.bound >= this.#boundAt;
  }
}

/** Code may change the fields of its result, which are those of the description that it was made from. */
function copyOf(rows: object): object {
  const { fields } = rows as { fields: readonly object[] };
  return { ...rows, fields: fields.map((field) => ({ ...field })) };
}
