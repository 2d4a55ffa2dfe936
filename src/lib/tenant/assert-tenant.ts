import { InvalidArgumentError } from '../errors.js';
import type { Tenant } from './tenant.js';

/**
 * Makes sure that it is a tenant. What a look-up has not found must never run as nobody.
 *
 * @throws InvalidArgumentError that says what it is instead, and how to come by a tenant
 */
export function assertTenant(value: unknown): asserts value is Tenant {
  if (isObject(value) && isName(value['id']) && isName(value['slug']) && !('then' in value)) return;
  throw new InvalidArgumentError(`${described(value)} is no tenant.`, { remedy: remedyFor(value) });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isName(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function described(value: unknown): string {
  if (isObject(value)) return 'then' in value ? 'A promise' : 'An object without id and slug';
  return value === undefined || value === null ? String(value) : `A ${typeof value}`;
}

function remedyFor(value: unknown): string {
  if (isObject(value) && 'then' in value) return 'Await it.';
  if (typeof value === 'string') {
    return 'Look the tenant up by its name: registry.getActive(slug), or tenants.run(slug, …).';
  }
  return 'Pass what registry.getActive(slug) gives; code that is meant to work without a tenant says so with withoutTenant(…).';
}
