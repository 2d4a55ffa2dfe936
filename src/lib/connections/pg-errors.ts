/** SQLSTATE of an error of the server, or undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** https://www.postgresql.org/docs/current/errcodes-appendix.html */
export const SqlState = {
  duplicateSchema: '42P06',
  insufficientPrivilege: '42501',
  undefinedTable: '42P01',
  invalidSchemaName: '3F000',
  uniqueViolation: '23505',
} as const;
