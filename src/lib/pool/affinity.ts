import { textHash } from '../text-hash.js';

/** Leaves 30 bits, which V8 keeps in place: a larger number is an object of its own. */
const SMALL = 2;

/**
 * How well a connection suits a tenant, next to others: each tenant has one that suits it best.
 *
 * A backend of the server keeps the catalog of each table that it has touched. One that serves a
 * thousand tenants finds nothing in its processor's caches any more, and is slower by a third than
 * one that serves a few. Where tenants keep to the same connection, each backend meets its share.
 *
 * Rendezvous hashing: nothing is remembered, and when a connection opens or closes only its own
 * tenants move.
 *
 * @see https://en.wikipedia.org/wiki/Rendezvous_hashing
 */
export function affinity(tenant: number, connection: number): number {
  let mixed = Math.imul(tenant ^ Math.imul(connection, 0x9e3779b1), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> SMALL;
}

/** The number that stands for a tenant. */
export function affinityKey(tenantId: string): number {
  return textHash(tenantId) >>> SMALL;
}
