import { InvalidTenantSlugError } from '../errors.js';

/** Longest slug in characters: a DNS label, so that every slug can be a subdomain. */
export const MAX_SLUG_LENGTH = 63;

/**
 * Separators stand alone and between letters or digits. That keeps slugs readable, and it is what
 * makes {@link schemaNameFor} free of collisions.
 */
const SLUG = /^[a-z0-9]+(?:[-_][a-z0-9]+)*$/;

/**
 * Checks what a request, a job or a person gave as the name of a tenant.
 *
 * @returns the slug, unchanged; it is never repaired, because a repaired name may be somebody else's
 * @throws InvalidTenantSlugError for anything that is no slug: other types, empty, too long, upper
 *   case, other characters
 * @example
 * ```ts
 * parseTenantSlug('acme-eu'); // 'acme-eu'
 * parseTenantSlug('../acme'); // throws
 * ```
 */
export function parseTenantSlug(value: unknown): string {
  if (typeof value !== 'string') {
    throw new InvalidTenantSlugError(
      Array.isArray(value) ? 'it was given more than once' : 'it is not text',
    );
  }
  if (value === '') throw new InvalidTenantSlugError('it is empty');
  if (value.length > MAX_SLUG_LENGTH) {
    throw new InvalidTenantSlugError(`it is longer than ${MAX_SLUG_LENGTH} characters`);
  }
  if (!SLUG.test(value)) throw new InvalidTenantSlugError('it has characters that are not allowed');
  return value;
}
