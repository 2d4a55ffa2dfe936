/** SQLSTATE of an error of the server, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * Whether the server said so. Any other error of a statement (a value that cannot be sent, a
 * time-out, a lost socket) leaves the connection in a state that nobody knows.
 */
export function isServerError(error: unknown): boolean {
  return sqlState(error) !== undefined;
}

/** Whether the server said just this, also inside of what an ORM wraps around its errors. */
export function hasSqlState(error: unknown, state: string): boolean {
  if (sqlState(error) === state) return true;
  return error instanceof Error && error.cause !== undefined && hasSqlState(error.cause, state);
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const SqlState = {
  duplicateSchema: '42P06',
  foreignKeyViolation: '23503',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  invalidSchemaName: '3F000',
  uniqueViolation: '23505',
} as const;
