import { MAX_IDENTIFIER_BYTES } from '../sql/identifier.js';

const ID_DIGITS = 12;

/**
 * Derives the role of a new tenant from its schema and its id: `tenant_acme_3f2a9c1b7d10`. Roles
 * belong to the whole server, on which another database may have a tenant of the same name.
 */
export function roleNameFor(schema: string, id: string): string {
  const digits = id.replaceAll('-', '').slice(0, ID_DIGITS);
  return `${schema.slice(0, MAX_IDENTIFIER_BYTES - ID_DIGITS - 1)}_${digits}`;
}
