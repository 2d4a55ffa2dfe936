import { ConfigurationError, InvalidTenantSlugError } from '../errors.js';
import { MAX_IDENTIFIER_BYTES } from '../sql/identifier.js';

/** What the schema names of tenants start with unless configured otherwise. */
export const DEFAULT_SCHEMA_PREFIX = 'tenant_';

const PREFIX = /^[a-z][a-z0-9]*_$/;

/**
 * Checks a schema prefix. It must end in `_` and must not lead into the schemas of the server.
 *
 * @throws ConfigurationError
 */
export function parseSchemaPrefix(prefix: string): string {
  if (!PREFIX.test(prefix) || prefix.length > 20 || prefix.startsWith('pg_')) {
    throw new ConfigurationError(
      `${JSON.stringify(prefix)} cannot be the prefix of the tenants' schemas.`,
      {
        remedy:
          'Use lower-case letters and digits ending in "_", at most 20 characters, not "pg_".',
      },
    );
  }
  return prefix;
}

/**
 * Derives the schema of a new tenant from its slug. Called once per tenant, when it is created.
 *
 * `-` becomes `_` and `_` becomes `__`. Since a slug has no two separators in a row, two slugs
 * never get the same schema: `a-b` is `tenant_a_b`, `a_b` is `tenant_a__b`.
 *
 * @throws InvalidTenantSlugError when the name would exceed PostgreSQL's 63 bytes
 */
export function schemaNameFor(slug: string, prefix: string = DEFAULT_SCHEMA_PREFIX): string {
  const schema = prefix + slug.replace(/[-_]/g, (separator) => (separator === '-' ? '_' : '__'));
  if (schema.length > MAX_IDENTIFIER_BYTES) {
    throw new InvalidTenantSlugError(
      `its schema ${schema} would be longer than PostgreSQL's ${MAX_IDENTIFIER_BYTES} bytes`,
    );
  }
  return schema;
}
