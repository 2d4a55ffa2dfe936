/** SQLSTATE of an error of the server, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Connection exceptions (what poolers answer with), shutdowns, and the time-outs that end a session.
 */
const ENDS_CONNECTION = /^(?:08...|57P..|25P0[34])$/;

/** Whether it is the last that the server or a pooler says on a connection. */
export function endsConnection(error: unknown): boolean {
  return ENDS_CONNECTION.test(sqlState(error) ?? '');
}

/**
 * Whether the server said so, and goes on. Any other error of a statement (a value that cannot be
 * sent, a time-out, a lost socket, a server that shuts down) leaves a connection that nobody can use
 * or knows the state of.
 */
export function leavesConnectionUsable(error: unknown): boolean {
  return sqlState(error) !== undefined && !endsConnection(error);
}

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
  if (!(error instanceof Error)) return undefined;
  return error.cause ?? ('driverError' in error ? error.driverError : undefined);
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
  queryCanceled: '57014',
  serializationFailure: '40001',
  undefinedColumn: '42703',
  undefinedTable: '42P01',
  uniqueViolation: '23505',
  unsafeNewEnumValueUsage: '55P04',
} as const;
