import type pg from 'pg';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import type { Analysis, StatementPart } from '../sql/analysis.js';
import { qualify } from './qualify.js';
import type { Scope } from './scope.js';
import { TenantQuery, type QueryCallback, type QueryConfig } from './tenant-query.js';
import type { WireConnection } from '../pool/wire-connection.js';

/** A statement that is sent, and whether it is one of ours, whose result is nobody's. */
interface Sent {
  readonly sql: string;
  readonly own: boolean;
}

/**
 * A text of several statements, or one that controls the transaction: the server takes it only as
 * text (and CALL and DO so that their code cannot commit), and so the settings are statements of it. They stand in front of each statement that works,
 * since the one before may have changed them or ended their transaction, and behind what begins a
 * transaction in which there is nothing yet.
 */
export class ScopedText extends TenantQuery {
  readonly #analysis: Analysis;
  readonly #scope: Scope;
  readonly #client: ContextFreeClient;
  #sent: readonly Sent[] = [];

  constructor(
    analysis: Analysis,
    config: QueryConfig,
    scope: Scope,
    client: ContextFreeClient,
    callback: QueryCallback,
  ) {
    super('', config, undefined, (error, results) => {
      if (error) return callback(error, results);
      if (this.#onlyBegins) client.transactionSettings.made();
      callback(null, this.#withoutOwn(results));
    });
    this.#analysis = analysis;
    this.#scope = scope;
    this.#client = client;
  }

  override submit(connection: WireConnection): Error | null {
    const open = this.#client.getTransactionStatus() !== 'I';
    if (this.#analysis.textParts.some(opens)) this.#client.transactionSettings.making(!open);
    this.#sent = [...this.#compose(open)];
    // A line of its own each: a comment goes on to the end of its line.
    this.text = this.#sent.map(({ sql }) => sql).join('\n;');
    return super.submit(connection);
  }

  /** Whether it makes the settings of a transaction, and nothing that could change them. */
  get #onlyBegins(): boolean {
    const [only, ...others] = this.#analysis.textParts;
    return only !== undefined && others.length === 0 && opens(only);
  }

  /** @param open whether a transaction is open, in which the settings were made */
  *#compose(open: boolean): Iterable<Sent> {
    const { settings, quotedSchema } = this.#scope;
    const { textParts: parts } = this.#analysis;
    this.#scope.question(this.#client, this.#analysis, false);
    yield* own(this.#scope.reset(this.#client)?.statements ?? []);
    let needed = this.#scope.settingsFor(this.#client);
    let made = open;
    for (const part of parts) {
      if (looksNamesUp(part, made)) yield* own(needed?.statements ?? []);
      if (part.creates) yield* own(settings.guard?.statements ?? []);
      yield { sql: qualify(part.segments, quotedSchema), own: false };
      if (part.effect !== 'controls') made = part.effect === 'works';
      needed = made ? settings.local : settings.all;
    }
    const last = parts.at(-1);
    if (last && opens(last)) yield* own(settings.all.statements);
  }

  /** A single result where there is one, as node-postgres has it. */
  #withoutOwn(results: pg.QueryResult | pg.QueryResult[]): pg.QueryResult {
    const all = Array.isArray(results) ? results : [results];
    const others = all.filter((_, index) => !this.#sent[index]?.own);
    return (others.length === 1 ? others[0] : others) as pg.QueryResult;
  }
}

function* own(statements: readonly string[]): Iterable<Sent> {
  for (const sql of statements) yield { sql, own: true };
}

function opens({ effect, chains }: StatementPart): boolean {
  return effect === 'begins' || chains;
}

/** What is deferred runs when its transaction is committed. */
function looksNamesUp({ effect }: StatementPart, made: boolean): boolean {
  return effect === 'works' || (effect === 'commits' && made);
}
