import { ConfigurationError, UnsupportedStatementError } from '../errors.js';
import { lex, TENANT_MARKER, type Statement } from '../sql/lexer.js';

const MARKER = `"${TENANT_MARKER}"`;

/**
 * Whether a statement of a migration is left out, because it does what the runtime does: drizzle-kit
 * creates the marker schema in its first migration.
 *
 * @param migration for the error
 * @throws ConfigurationError where it makes more than the schema
 */
export function createsTenantSchema(statement: Statement, migration: string): boolean {
  if (!isAboutTenantSchema(statement, 'create')) return false;
  const rest = statement.words.slice(2).join(' ');
  if (rest === MARKER || rest === `if not exists ${MARKER}`) return true;
  throw new ConfigurationError(
    `The migration ${migration} makes more with CREATE SCHEMA than the tenant’s schema, which is there already.`,
    {
      remedy: `Write what follows it as statements of their own: CREATE TABLE ${MARKER}."…" (…).`,
    },
  );
}

/** Whether a statement is left out, because the runtime has made the schema: drizzle-kit creates it too. */
export function createsSharedSchema(
  { words: [first, second, ...rest] }: Statement,
  sharedSchemas: readonly string[],
): boolean {
  if (first !== 'create' || second !== 'schema') return false;
  const name = rest.join(' ').replace(/^if not exists /, '');
  return sharedSchemas.some((schema) => name === schema || name === `"${schema}"`);
}

/**
 * @param who for the error
 * @throws UnsupportedStatementError for a text of a migration that drops or alters the tenant's schema
 */
export function refuseSchemaChange(text: string, who = 'A migration'): void {
  // Most texts need not be read for it.
  if (!/schema/i.test(text)) return;
  const changes = lex(text).statements.some(
    (statement) =>
      isAboutTenantSchema(statement, 'alter') || isAboutTenantSchema(statement, 'drop'),
  );
  if (!changes) return;
  throw new UnsupportedStatementError(
    `${who} may not drop or alter the tenant’s schema itself`,
    'Remove that: the registry knows the schema by its name, and the runtime owns it.',
  );
}

function isAboutTenantSchema({ words: [first, second], marked }: Statement, verb: string): boolean {
  return marked && first === verb && second === 'schema';
}
