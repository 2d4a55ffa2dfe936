import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import { closeStatement, execute, executeOnce, parse } from '../pool/messages.js';

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
  readonly #all: readonly Setting[];
  /** Without the time-out, which code may change for its transaction. */
  readonly #scope: readonly Setting[];
  readonly #ownSchema: string | undefined;
  #prepared: Buffer | undefined;
  #unprepared: Buffer | undefined;
  #local: Buffer | undefined;

  constructor({ searchPath, role, statementTimeoutMs, ownSchema }: ScopeValues) {
    this.#scope = [
      ...(searchPath === undefined
        ? []
        : [{ name: 'search_path', value: searchPath, sql: searchPath }]),
      ...(role === undefined ? [] : [{ name: 'role', value: role, sql: quoteIdentifier(role) }]),
    ];
    const timeout = String(statementTimeoutMs);
    this.#all =
      statementTimeoutMs > 0
        ? [...this.#scope, { name: 'statement_timeout', value: timeout, sql: timeout }]
        : this.#scope;
    this.#ownSchema = ownSchema;
    this.name = `mt1_${this.#all.map(({ name }) => name).join('_')}`;
  }

  /** Whether there is nothing to set. */
  get none(): boolean {
    return this.#all.length === 0;
  }

  /**
   * Prepares the statement under its name, also where it is: it was prepared and then failed, or a
   * pooler's client did it before. To close what is not there is no error.
   */
  get prepare(): Buffer {
    return Buffer.concat([
      closeStatement(this.name),
      parse(this.name, settingStatement(this.#all)),
    ]);
  }

  /** Runs it where it is prepared. */
  get prepared(): Buffer {
    return (this.#prepared ??= execute(this.name, this.#values));
  }

  /** Runs it where it is not, and leaves nothing behind. */
  get unprepared(): Buffer {
    return (this.#unprepared ??= executeOnce(settingStatement(this.#all), this.#values));
  }

  /** Makes the settings again inside of a transaction: {@link localCount} statements. */
  get local(): Buffer {
    return (this.#local ??= Buffer.concat(setLocal(this.#scope).map((sql) => executeOnce(sql))));
  }

  get localCount(): number {
    return this.#scope.length;
  }

  /** Fails where the schema is gone in which things would be created. */
  get guard(): Buffer | undefined {
    return this.#ownSchema === undefined ? undefined : executeOnce(schemaIsThere(this.#ownSchema));
  }

  /** The settings as statements in front of others in one text. */
  get statements(): readonly string[] {
    return setLocal(this.#all);
  }

  /** The same inside of a transaction in which they were made before. */
  get localStatements(): readonly string[] {
    return setLocal(this.#scope);
  }

  /** The settings for a whole session. */
  get sessionStatements(): readonly string[] {
    return this.#all.map(({ name, sql }) => `set ${name} to ${sql}`);
  }

  get guardStatements(): readonly string[] {
    return this.#ownSchema === undefined ? [] : [schemaIsThere(this.#ownSchema)];
  }

  get #values(): string[] {
    return this.#all.map(({ value }) => value);
  }
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
