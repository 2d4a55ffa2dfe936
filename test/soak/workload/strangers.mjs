/** The owners that there are: the slugs of tenants, and nobody. */
const OWNERS = /\bsoak-\d+\b|\bnobody\b/g;

/**
 * Whose row it is, or what hangs on it, where that is not the tenant's own; undefined where all is.
 */
export function strangerIn(row, { slug }) {
  if (row.owner !== slug) return String(row.owner);
  return JSON.stringify(row)
    .match(OWNERS)
    ?.find((owner) => owner !== slug);
}
