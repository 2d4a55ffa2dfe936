import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import { closeStatement, execute, executeOnce, parse } from '../pool/messages.js';
import type { Prelude } from './prelude.js';

/** What a scope sets for its statements. */
export interface ScopeValues {
  /** Undefined for that of the login. */
  readonly searchPath: string | undefined;
  /** The role to run as; undefined for the login itself. */
  readonly role: string | undefined;
  /** In milliseconds; 0 leaves it to the server. */
  readonly statementTimeoutMs: number;
  /**
   * The schema that has to be there for anything to be created: PostgreSQL would create it in the
   * next one of the search path. Undefined where nothing could be created there.
   */
  readonly ownSchema: string | undefined;
}

/** A setting of the server: its value, and what SET takes for it. */
interface Setting {
  readonly name: string;
  readonly value: string;
  readonly sql: string;
}

/**
 * What ties a statement to its scope, as the messages and the texts that go out in front of it. They
 * are the same for every statement of a tenant, so they are written once.
 *
 * Where no transaction is open they are made by set_config(), which a prepared statement can do for
 * all tenants. Inside of one they are made by SET LOCAL: it takes no snapshot, on which LOCK and SET
 * TRANSACTION depend, and a tenant's role needs no right for it.
 */
export class ScopeSettings {
  /**
   * What the statement is called where it is prepared. A name stands for one text for ever: another
   * text needs another number, since poolers hand connections on to other versions of an application.
   */
  readonly name: string;
  readonly #settings: readonly Setting[];
  /** Without the time-out, which code may change for its transaction. */
  readonly #scope: readonly Setting[];
  readonly #ownSchema: string | undefined;
  #prepared: Buffer | undefined;
  #all: Prelude | undefined;
  #local: Prelude | undefined;

  constructor({ searchPath, role, statementTimeoutMs, ownSchema }: ScopeValues) {
    this.#scope = [
      ...(searchPath === undefined
        ? []
        : [{ name: 'search_path', value: searchPath, sql: searchPath }]),
      ...(role === undefined ? [] : [{ name: 'role', value: role, sql: quoteIdentifier(role) }]),
    ];
    const timeout = String(statementTimeoutMs);
    this.#settings =
      statementTimeoutMs > 0
        ? [...this.#scope, { name: 'statement_timeout', value: timeout, sql: timeout }]
        : this.#scope;
    this.#ownSchema = ownSchema;
    this.name = `mt1_${this.#settings.map(({ name }) => name).join('_')}`;
  }

  /** Whether there is nothing to set. */
  get none(): boolean {
    return this.#settings.length === 0;
  }

  /**
   * Prepares the statement under its name, also where it is: it was prepared and then failed, or a
   * pooler's client did it before. To close what is not there is no error.
   */
  get prepare(): Buffer {
    return Buffer.concat([
      closeStatement(this.name),
      parse(this.name, settingStatement(this.#settings)),
    ]);
  }

  /** Runs it where it is prepared. */
  get prepared(): Buffer {
    return (this.#prepared ??= execute(this.name, valuesOf(this.#settings)));
  }

  /** Makes all of them, and leaves nothing behind: where no transaction is open, or one has just begun. */
  get all(): Prelude {
    return (this.#all ??= new SettingsPrelude(this.#settings, 1, (settings) =>
      executeOnce(settingStatement(settings), valuesOf(settings)),
    ));
  }

  /** Makes the settings again inside of a transaction. */
  get local(): Prelude {
    return (this.#local ??= new SettingsPrelude(this.#scope, this.#scope.length, (settings) =>
      Buffer.concat(setLocal(settings).map((sql) => executeOnce(sql))),
    ));
  }

  /** Fails where the schema is gone in which things would be created. */
  get guard(): Prelude | undefined {
    if (this.#ownSchema === undefined) return undefined;
    const sql = schemaIsThere(this.#ownSchema);
    return { messages: executeOnce(sql), count: 1, statements: [sql] };
  }

  /** The settings for a whole session. */
  get sessionStatements(): readonly string[] {
    return this.#settings.map(({ name, sql }) => `set ${name} to ${sql}`);
  }
}

/** Settings, written when they are needed first: a text needs no messages. */
class SettingsPrelude implements Prelude {
  readonly count: number;
  readonly #settings: readonly Setting[];
  readonly #write: (settings: readonly Setting[]) => Buffer;
  #messages: Buffer | undefined;

  constructor(
    settings: readonly Setting[],
    count: number,
    write: (settings: readonly Setting[]) => Buffer,
  ) {
    this.#settings = settings;
    this.count = count;
    this.#write = write;
  }

  get messages(): Buffer {
    return (this.#messages ??= this.#write(this.#settings));
  }

  get statements(): readonly string[] {
    return setLocal(this.#settings);
  }
}

function valuesOf(settings: readonly Setting[]): string[] {
  return settings.map(({ value }) => value);
}

/**
 * Makes the settings for the rest of the transaction. set_config() stands where it is run (it never
 * returns null, so each of them is) and returns no row, which would be sent and read for nothing.
 */
function settingStatement(settings: readonly Setting[]): string {
  const calls = settings.map(
    ({ name }, index) => `pg_catalog.set_config('${name}', $${index + 1}, true) is null`,
  );
  return `select where ${calls.join(' or ')}`;
}

function setLocal(settings: readonly Setting[]): string[] {
  return settings.map(({ name, sql }) => `set local ${name} to ${sql}`);
}

function schemaIsThere(schema: string): string {
  const name = quoteLiteral(quoteIdentifier(schema));
  return `select where ${name}::pg_catalog.regnamespace is null`;
}
