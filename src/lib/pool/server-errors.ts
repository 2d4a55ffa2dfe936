/** What the server, or a pooler in front of it, has said. */
interface ServerError {
  readonly code: string;
  readonly severity: string;
  readonly message: string;
}

/**
 * By what only the server's errors have: Node has codes of five letters too (EPIPE), and so may
 * errors of the application.
 */
function asServerError(error: unknown): ServerError | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, severity } = error as Partial<Record<keyof ServerError, unknown>>;
  const isState = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code);
  return isState && typeof severity === 'string' ? (error as ServerError) : undefined;
}

/** SQLSTATE of an error of the server, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  return asServerError(error)?.code;
}

/**
 * Whether the server or a pooler said that it ends the connection with it. Whatever its SQLSTATE:
 * 08P01 is what PostgreSQL answers where the parameters of a statement are too many, and goes on; and
 * what PgBouncer says last. A server that speaks another language has another word for it.
 */
export function isFatal(error: unknown): boolean {
  const severity = asServerError(error)?.severity;
  return severity === 'FATAL' || severity === 'PANIC';
}

/**
 * Whether PgBouncer gave a statement up that waited for a connection to the server. Nothing of it was
 * sent there, nor of its transaction.
 */
export function isNeverSent(error: unknown): boolean {
  if (sqlState(error) !== SqlState.protocolViolation) return false;
  return NEVER_SENT.test((error as ServerError).message);
}

const NEVER_SENT = /^(?:query_wait_timeout|client_login_timeout|server login has been failing)/;

/** Whether the server said just this, also inside of what an ORM wraps around its errors. */
export function hasSqlState(error: unknown, state: string): boolean {
  return causes(error).some((cause) => sqlState(cause) === state);
}

/** An error and what it was caused by, in the way of JavaScript (`cause`) and of TypeORM. */
export function causes(error: unknown): unknown[] {
  const chain: unknown[] = [];
  for (let next = error; next !== undefined && !chain.includes(next); next = causeOf(next)) {
    chain.push(next);
  }
  return chain;
}

function causeOf(error: unknown): unknown {
  if (typeof error !== 'object' || error === null) return undefined;
  const { cause, driverError } = error as { cause?: unknown; driverError?: unknown };
  return cause ?? driverError;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const SqlState = {
  deadlockDetected: '40P01',
  duplicateObject: '42710',
  duplicatePreparedStatement: '42P05',
  duplicateSchema: '42P06',
  duplicateTable: '42P07',
  foreignKeyViolation: '23503',
  insufficientPrivilege: '42501',
  invalidSchemaName: '3F000',
  invalidSqlStatementName: '26000',
  lockNotAvailable: '55P03',
  protocolViolation: '08P01',
  queryCanceled: '57014',
  serializationFailure: '40001',
  undefinedColumn: '42703',
  undefinedTable: '42P01',
  uniqueViolation: '23505',
  unsafeNewEnumValueUsage: '55P04',
} as const;
