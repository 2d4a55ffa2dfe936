import { createHash } from 'node:crypto';
import { ConfigurationError } from '../errors.js';
import { MAX_IDENTIFIER_BYTES } from '../sql/identifier.js';

/** What the schema names of tenants start with unless configured otherwise. */
export const DEFAULT_SCHEMA_PREFIX = 'tenant_';

const PREFIX = /^[a-z][a-z0-9]*_$/;

/** With them a tenant's schema would be one of the server's own: `information_schema` for "schema". */
const RESERVED_PREFIXES = ['pg_', 'information_'];

/** What joins a name that was cut short and its digest. No other name has three of them in a row. */
const JOINT = '___';
const DIGEST_DIGITS = 12;

/**
 * Checks a schema prefix. It must end in `_` and must not lead into the schemas of the server.
 *
 * @throws ConfigurationError
 */
export function parseSchemaPrefix(prefix: string): string {
  if (!PREFIX.test(prefix) || prefix.length > 20 || RESERVED_PREFIXES.includes(prefix)) {
    throw new ConfigurationError(
      `${JSON.stringify(prefix)} cannot be the prefix of the tenants' schemas.`,
      {
        remedy:
          'Use lower-case letters and digits ending in "_", at most 20 characters; not "pg_", not "information_".',
      },
    );
  }
  return prefix;
}

/**
 * Derives the schema of a new tenant from its slug. Called once per tenant, when it is created.
 *
 * `-` becomes `_` and `_` becomes `__`. Since a slug has no two separators in a row, two slugs
 * never get the same schema: `a-b` is `tenant_a_b`, `a_b` is `tenant_a__b`. A name that PostgreSQL
 * would cut short at 63 bytes is cut here, and ends in a digest of the slug:
 * `tenant_a_very_long_one___3f2a9c1b7d10`.
 */
export function schemaNameFor(slug: string, prefix: string = DEFAULT_SCHEMA_PREFIX): string {
  const schema = prefix + slug.replace(/[-_]/g, (separator) => (separator === '-' ? '_' : '__'));
  if (schema.length <= MAX_IDENTIFIER_BYTES) return schema;
  const digest = createHash('sha256').update(slug).digest('hex').slice(0, DIGEST_DIGITS);
  const stem = schema.slice(0, MAX_IDENTIFIER_BYTES - JOINT.length - DIGEST_DIGITS);
  // An underscore at the end of the stem would make another joint of this one.
  return stem.replace(/_+$/, '') + JOINT + digest;
}
