import type { ForEachReport } from './lifecycle/for-each-report.js';

/**
 * Stable codes of the errors this package throws. Match on the code (or on the class), never on
 * the message.
 */
export type TenancyErrorCode =
  | 'ARGUMENT_INVALID'
  | 'CONFIGURATION_INVALID'
  | 'CONNECTION_CLOSED'
  | 'CONNECTION_DEADLOCK'
  | 'CONNECTION_LOST'
  | 'CONNECTION_TIMEOUT'
  | 'DATABASE_UNAVAILABLE'
  | 'FOR_EACH_FAILED'
  | 'IDENTIFIER_INVALID'
  | 'MIGRATION_CHANGED'
  | 'MIGRATION_FAILED'
  | 'MIGRATION_MISSING'
  | 'PREPARED_STATEMENT_REFUSED'
  | 'QUEUE_FULL'
  | 'SCHEMA_DIFF_FAILED'
  | 'STATEMENT_TIMEOUT'
  | 'REGISTRY_WATCH_LOST'
  | 'STATEMENT_LATE'
  | 'STATEMENT_UNSUPPORTED'
  | 'TENANT_AMBIGUOUS'
  | 'TENANT_CONTEXT_MISSING'
  | 'TENANT_EXISTS'
  | 'TENANT_MISMATCH'
  | 'TENANT_NOT_ACTIVE'
  | 'TENANT_NOT_FOUND'
  | 'TENANT_SLUG_INVALID';

interface TenancyErrorOptions {
  /** What to do about it, in one sentence. */
  remedy?: string;
  cause?: unknown;
  /** Default false. */
  retryable?: boolean;
}

/** On each of our errors, in all copies of this package: a process may load it as ESM and as CommonJS. */
const BRAND = Symbol.for('@mt/runtime/error@1');

/** Base class of every error that this package throws on purpose. */
export abstract class TenancyError extends Error {
  /** An error of another copy of this package is one of the class that has its code. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    if (Function.prototype[Symbol.hasInstance].call(this, value)) return true;
    if (typeof value !== 'object' || value === null || !Reflect.has(value, BRAND)) return false;
    return this === TenancyError || codes.get(this) === (value as TenancyError).code;
  }

  abstract readonly code: TenancyErrorCode;
  readonly remedy: string | undefined;
  /**
   * Whether the same work may be done again (a statement, or the whole of its transaction) without
   * the risk of doing it twice, and may then succeed.
   */
  readonly retryable: boolean;

  constructor(message: string, options: TenancyErrorOptions = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined);
    this.name = new.target.name;
    this.remedy = options.remedy;
    this.retryable = options.retryable ?? false;
  }
}

/** A statement was about to be sent, or the tenant was asked for, where no tenant is in context. */
export class TenantContextMissingError extends TenancyError {
  readonly code = 'TENANT_CONTEXT_MISSING';

  constructor(what = 'This code') {
    super(`${what} needs a tenant, and none is in context.`, {
      remedy:
        'Run it inside runWithTenant(tenant, …) or tenants.run(slug, …); code that is meant to work without a tenant says so with withoutTenant(…).',
    });
  }
}

/** A function was called with something that it cannot work with. Nothing was done. */
export class InvalidArgumentError extends TenancyError {
  readonly code = 'ARGUMENT_INVALID';
}

/** A tenant was named by something that can never be a tenant's slug. */
export class InvalidTenantSlugError extends TenancyError {
  readonly code = 'TENANT_SLUG_INVALID';

  constructor(reason: string) {
    super(`The tenant's name is not valid: ${reason}.`, {
      remedy:
        'Use lower-case letters and digits, joined by single "-" or "_", at most 63 characters, for example "acme" or "acme-eu".',
    });
  }
}

/** A name cannot be used as a PostgreSQL identifier. */
export class InvalidIdentifierError extends TenancyError {
  readonly code = 'IDENTIFIER_INVALID';

  constructor(name: string, reason: string) {
    super(`${JSON.stringify(name)} cannot be used as an identifier: ${reason}.`);
  }
}

/** No tenant has this slug or id. */
export class TenantNotFoundError extends TenancyError {
  readonly code = 'TENANT_NOT_FOUND';

  constructor(readonly tenant: string) {
    super(`There is no tenant ${JSON.stringify(tenant)}.`, {
      remedy: 'Create it first, or correct the name.',
    });
  }
}

/** The tenant exists but may not be served: it is suspended, archived or not yet ready. */
export class TenantNotActiveError extends TenancyError {
  readonly code = 'TENANT_NOT_ACTIVE';

  constructor(
    readonly tenant: string,
    readonly status: string,
  ) {
    super(`The tenant ${JSON.stringify(tenant)} is ${status}.`);
  }
}

/** A tenant with this slug, or one that would get the same schema, exists already. */
export class TenantExistsError extends TenancyError {
  readonly code = 'TENANT_EXISTS';

  constructor(
    readonly tenant: string,
    options?: { cause: unknown },
  ) {
    super(`The tenant ${JSON.stringify(tenant)} exists already.`, {
      ...options,
      remedy: 'Choose another name.',
    });
  }
}

/** A connection checked out by one tenant was used under another. */
export class TenantMismatchError extends TenancyError {
  readonly code = 'TENANT_MISMATCH';

  constructor(owner: string, user: string) {
    super(
      `A connection checked out by ${owner} was used by ${user}; a transaction never spans two tenants.`,
      { remedy: 'Check out a connection of its own for each tenant.' },
    );
  }
}

/** Two parts of one request name different tenants. */
export class TenantAmbiguousError extends TenancyError {
  readonly code = 'TENANT_AMBIGUOUS';

  constructor(slugs: readonly string[]) {
    super(`The request names more than one tenant: ${slugs.join(', ')}.`, {
      remedy: 'Name one tenant, in one way.',
    });
  }
}

/** A statement cannot be kept inside the tenant, so it was not sent. */
export class UnsupportedStatementError extends TenancyError {
  readonly code = 'STATEMENT_UNSUPPORTED';

  constructor(what: string, remedy: string) {
    super(`${what}.`, { remedy });
  }
}

/** A statement was sent as a tenant after the request that it ran for had been answered. */
export class LateStatementError extends TenancyError {
  readonly code = 'STATEMENT_LATE';

  constructor(readonly tenant: string) {
    super(
      `A statement was sent as the tenant ${JSON.stringify(tenant)} after its request had been answered.`,
      {
        remedy:
          'Await the work before the answer. What is meant to go on runs in runWithTenant(tenant, …); what is handed to something shared is bound with bindTenant(…).',
      },
    );
  }
}

/** No connection became free, or could be opened, in time. Safe to try again: nothing was sent. */
export class ConnectionTimeoutError extends TenancyError {
  readonly code = 'CONNECTION_TIMEOUT';

  constructor(milliseconds: number) {
    super(`No database connection became available within ${milliseconds} ms.`, {
      remedy:
        'Look for transactions that stay open; raise the size of the pool if the server has room.',
      retryable: true,
    });
  }
}

/** The connection manager is shutting down. Safe to try again elsewhere: nothing was sent. */
export class ConnectionClosedError extends TenancyError {
  readonly code = 'CONNECTION_CLOSED';

  constructor() {
    super('The connections of this process are closed.', {
      remedy: 'Stop taking requests before close() is called.',
      retryable: true,
    });
  }
}

/** Too much waits for a connection already. Safe to try again later: nothing was sent. */
export class QueueFullError extends TenancyError {
  readonly code = 'QUEUE_FULL';

  constructor(size: number) {
    super(`${size} statements and transactions wait for a connection already.`, {
      remedy: 'Answer 503 and let the client come back; raise `maxQueue` if it may wait longer.',
      retryable: true,
    });
  }
}

/**
 * Every connection was held by a run that waited for one more, and this one was refused so that the
 * others can go on. Safe to try again: nothing was sent.
 */
export class ConnectionDeadlockError extends TenancyError {
  readonly code = 'CONNECTION_DEADLOCK';

  constructor(max: number) {
    super(
      `All ${max} connections are held by runs that wait for a further connection while they hold theirs.`,
      {
        remedy:
          'Do all the work of a transaction on that transaction; or raise the size of the pool.',
        retryable: true,
      },
    );
  }
}

/** No connection could be opened: the server is away, starting, full, or refuses the login. */
export class DatabaseUnavailableError extends TenancyError {
  readonly code = 'DATABASE_UNAVAILABLE';

  /** @param retryable false where trying again cannot help: a wrong password, an unknown database */
  constructor(cause: unknown, retryable: boolean) {
    super('No connection to the database could be opened.', {
      cause,
      retryable,
      remedy: retryable
        ? 'Try again shortly. If it stays so, look at the server and at its max_connections.'
        : 'Correct the database URL; `cause` tells what the server refused.',
    });
  }
}

/**
 * The connection broke while a statement was under way. `retryable` tells whether the server can
 * have kept its effect: never inside of a transaction that was not being committed.
 */
export class ConnectionLostError extends TenancyError {
  readonly code = 'CONNECTION_LOST';

  constructor(cause: unknown, retryable: boolean) {
    super('The connection to the database was lost while a statement was under way.', {
      cause,
      retryable,
      remedy: retryable
        ? 'Nothing was kept: begin the transaction again.'
        : 'Whether it took effect is not known: look before you do it again.',
    });
  }
}

/** The server stopped a statement that took longer than its tenant may. Nothing of it was kept. */
export class StatementTimeoutError extends TenancyError {
  readonly code = 'STATEMENT_TIMEOUT';

  constructor(
    readonly milliseconds: number,
    cause: unknown,
  ) {
    super(`The statement was stopped after the ${milliseconds} ms that its tenant may take.`, {
      cause,
      remedy: 'Make it faster, or raise `statementTimeoutMs` for this tenant.',
    });
  }
}

/**
 * A transaction was lost to how one of its statements was prepared: a migration has changed what it
 * returns, or somebody has taken away what was prepared on the connection. Nothing of it was kept.
 *
 * Outside of a transaction such a statement is sent again, and nobody hears of it.
 */
export class PreparedStatementError extends TenancyError {
  readonly code = 'PREPARED_STATEMENT_REFUSED';

  constructor(cause: unknown) {
    super('The server refused a statement for how it was prepared, and with it the transaction.', {
      cause,
      retryable: true,
      remedy: 'Nothing was kept: begin the transaction again.',
    });
  }
}

/** Options or environment do not make sense. */
export class ConfigurationError extends TenancyError {
  readonly code = 'CONFIGURATION_INVALID';
}

/**
 * A migration failed for a tenant, or for the schemas that tenants share. What came before it is kept,
 * and nothing of it.
 */
export class MigrationFailedError extends TenancyError {
  readonly code = 'MIGRATION_FAILED';

  constructor(
    /** Undefined where it is a shared migration. */
    readonly tenant: string | undefined,
    readonly migration: string,
    cause: unknown,
    remedy = 'Correct the migration, or the data that it does not fit, and run it again; a tenant that was being created is created again. Either goes on with this one.',
  ) {
    super(
      `Migration ${migration} failed for ${
        tenant === undefined ? 'what tenants share' : `the tenant ${JSON.stringify(tenant)}`
      }: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause, remedy },
    );
  }
}

/** What was to be done for each tenant failed for one. `report` tells for which it was done, and for which it was not begun. */
export class ForEachFailedError extends TenancyError {
  readonly code = 'FOR_EACH_FAILED';

  constructor(readonly report: ForEachReport) {
    const [first] = report.failed;
    // Without what the first error says: it may hold that tenant's data.
    super(`It failed for the tenant ${JSON.stringify(first?.tenant.slug)}.`, {
      cause: first?.error,
      remedy:
        'Look at `cause`, and run it again for those in `report.failed` and `report.skipped`; with continueOnError the others are not left out.',
    });
  }
}

/** TypeORM cannot write a migration that works for these entities. */
export class SchemaDiffError extends TenancyError {
  readonly code = 'SCHEMA_DIFF_FAILED';

  /** The server refuses a statement that TypeORM has written. */
  static refused(statement: string, cause: unknown): SchemaDiffError {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new SchemaDiffError(`PostgreSQL refuses what TypeORM writes: ${reason}.\n${statement}`, {
      cause,
      remedy:
        'Correct the entity, or write this step as a migration by hand: the generator goes on from what the migrations make.',
    });
  }

  /** TypeORM finds differences in what it has just made itself. */
  static unsettled(statements: readonly string[]): SchemaDiffError {
    return new SchemaDiffError(
      `TypeORM would write the same again at each run:\n${statements.join('\n')}`,
      {
        remedy:
          'Have each table in one entity only, and what TypeORM cannot compare in a migration by hand (`synchronize: false`).',
      },
    );
  }
}

/** Migrations that tenants have had applied were edited afterwards. */
export class MigrationChangedError extends TenancyError {
  readonly code = 'MIGRATION_CHANGED';

  constructor(readonly migrations: readonly string[]) {
    super(`Migrations were edited after they had been applied: ${migrations.join(', ')}.`, {
      remedy: `Put the old text back, and write a new migration for the change. Or have the tenants that lack it get the new text, and those that have the old one stay as they are: acceptChanged of migrate(), \`tenant migrate --accept-changed ${migrations.join(' ')}\`.`,
    });
  }
}

/** Migrations that tenants have had applied are there no more: deleted, or under another name. */
export class MigrationMissingError extends TenancyError {
  readonly code = 'MIGRATION_MISSING';

  /** @param missing by name, with the name that each has now where that can be told */
  constructor(readonly missing: ReadonlyMap<string, string | undefined>) {
    const described = [...missing].map(([name, now]) => (now ? `${name} (now ${now})` : name));
    const names = [...missing.keys()].join(' ');
    super(
      `Migrations that had been applied are missing, and further ones would be applied: ${described.join(', ')}.`,
      {
        remedy: `Put them back under their names. Or have the ledger follow: acceptRenamed of migrate(), \`tenant migrate --accept-renamed old=new\`, for one that has another name and would be applied once more; acceptMissing, \`--accept-missing ${names}\`, for what was removed on purpose.`,
      },
    );
  }
}

/**
 * Changes of tenants by other processes are not seen at once, because the connection that listens
 * for them is lost or cannot be opened. It is tried again until it works.
 */
export class RegistryWatchLostError extends TenancyError {
  readonly code = 'REGISTRY_WATCH_LOST';

  constructor(cause: Error) {
    super(`Changes of tenants by other processes are not seen at once: ${cause.message}`, {
      cause,
      remedy:
        'Nothing, if the database is just restarting: it is tried again. Until then look-ups are believed for `cacheTtlMs`.',
    });
  }
}

/** Not by their names, which a minifier changes. */
const codes = new Map<unknown, TenancyErrorCode>([
  [TenantContextMissingError, 'TENANT_CONTEXT_MISSING'],
  [InvalidArgumentError, 'ARGUMENT_INVALID'],
  [InvalidTenantSlugError, 'TENANT_SLUG_INVALID'],
  [InvalidIdentifierError, 'IDENTIFIER_INVALID'],
  [TenantNotFoundError, 'TENANT_NOT_FOUND'],
  [TenantNotActiveError, 'TENANT_NOT_ACTIVE'],
  [TenantExistsError, 'TENANT_EXISTS'],
  [TenantMismatchError, 'TENANT_MISMATCH'],
  [TenantAmbiguousError, 'TENANT_AMBIGUOUS'],
  [UnsupportedStatementError, 'STATEMENT_UNSUPPORTED'],
  [LateStatementError, 'STATEMENT_LATE'],
  [ConnectionTimeoutError, 'CONNECTION_TIMEOUT'],
  [ConnectionClosedError, 'CONNECTION_CLOSED'],
  [QueueFullError, 'QUEUE_FULL'],
  [ConnectionDeadlockError, 'CONNECTION_DEADLOCK'],
  [DatabaseUnavailableError, 'DATABASE_UNAVAILABLE'],
  [ConnectionLostError, 'CONNECTION_LOST'],
  [StatementTimeoutError, 'STATEMENT_TIMEOUT'],
  [PreparedStatementError, 'PREPARED_STATEMENT_REFUSED'],
  [ConfigurationError, 'CONFIGURATION_INVALID'],
  [MigrationFailedError, 'MIGRATION_FAILED'],
  [ForEachFailedError, 'FOR_EACH_FAILED'],
  [SchemaDiffError, 'SCHEMA_DIFF_FAILED'],
  [MigrationChangedError, 'MIGRATION_CHANGED'],
  [MigrationMissingError, 'MIGRATION_MISSING'],
  [RegistryWatchLostError, 'REGISTRY_WATCH_LOST'],
]);

/** Of each class: a minifier changes the names of classes, and not those of properties. */
const names = {
  TenancyError,
  TenantContextMissingError,
  InvalidArgumentError,
  InvalidTenantSlugError,
  InvalidIdentifierError,
  TenantNotFoundError,
  TenantNotActiveError,
  TenantExistsError,
  TenantMismatchError,
  TenantAmbiguousError,
  UnsupportedStatementError,
  LateStatementError,
  ConnectionTimeoutError,
  ConnectionClosedError,
  QueueFullError,
  ConnectionDeadlockError,
  DatabaseUnavailableError,
  ConnectionLostError,
  StatementTimeoutError,
  PreparedStatementError,
  ConfigurationError,
  MigrationFailedError,
  ForEachFailedError,
  SchemaDiffError,
  MigrationChangedError,
  MigrationMissingError,
  RegistryWatchLostError,
};
for (const [name, type] of Object.entries(names)) {
  Object.defineProperty(type, 'name', { value: name });
}

Object.defineProperty(TenancyError.prototype, BRAND, { value: true });
