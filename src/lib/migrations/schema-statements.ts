import { ConfigurationError } from '../errors.js';
import { TENANT_MARKER, type Statement } from '../sql/lexer.js';

const MARKER = `"${TENANT_MARKER}"`;

/**
 * Whether a statement of a migration is left out, because it does what the runtime does: drizzle-kit
 * creates the marker schema in its first migration.
 *
 * @param migration for the error
 * @throws ConfigurationError where it does more to the tenant's schema than that
 */
export function createsTenantSchema(statement: Statement, migration: string): boolean {
  const { words, marked } = statement;
  if (!marked || words[1] !== 'schema') return false;
  const rest = words.slice(2).join(' ');
  switch (words[0]) {
    case 'create':
      if (rest === MARKER || rest === `if not exists ${MARKER}`) return true;
      throw new ConfigurationError(
        `The migration ${migration} makes more with CREATE SCHEMA than the tenant’s schema, which is there already.`,
        {
          remedy: `Write what follows it as statements of their own: CREATE TABLE ${MARKER}."…" (…).`,
        },
      );
    case 'alter':
    case 'drop':
      throw new ConfigurationError(
        `The migration ${migration} alters or drops the tenant’s schema itself.`,
        {
          remedy:
            'Remove that: the registry knows the schema by its name, and the runtime owns it.',
        },
      );
    default:
      return false;
  }
}
