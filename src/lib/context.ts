import { AsyncLocalStorage } from 'node:async_hooks';
import { TenantContextMissingError } from './errors.js';
import type { Tenant } from './tenant/tenant.js';

/** Stands in the context of code that has said it works without a tenant. */
export const WITHOUT_TENANT = Symbol.for('@mt/runtime/without-tenant');

/** What a piece of code runs as: a tenant, explicitly none, or (undefined) nothing was said. */
export type ContextValue = Tenant | typeof WITHOUT_TENANT;

/**
 * One storage per process, also where the package is loaded twice (as ESM and as CommonJS, or in
 * two versions): a tenant entered through one copy must be seen by the other.
 */
const STORAGE = Symbol.for('@mt/runtime/context@1');
const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<ContextValue | undefined> };
const storage = (shared[STORAGE] ??= new AsyncLocalStorage<ContextValue | undefined>());

/**
 * Runs `fn`, and everything it awaits or schedules, as the given tenant.
 *
 * @example
 * ```ts
 * const tenant = await registry.getActive('acme');
 * const invoices = await runWithTenant(tenant, () => db.select().from(invoices));
 * ```
 */
export function runWithTenant<T>(tenant: Tenant, fn: () => T): T {
  return storage.run(tenant, fn);
}

/**
 * Runs `fn` as code that works without a tenant: start-up, shared tables, the registry. Statements
 * on tenant tables stay an error inside it.
 */
export function withoutTenant<T>(fn: () => T): T {
  return storage.run(WITHOUT_TENANT, fn);
}

/**
 * The tenant that this code runs as.
 *
 * @throws TenantContextMissingError where there is none
 */
export function currentTenant(): Tenant {
  const tenant = tryCurrentTenant();
  if (!tenant) throw new TenantContextMissingError();
  return tenant;
}

/** The tenant that this code runs as, or undefined where there is none. */
export function tryCurrentTenant(): Tenant | undefined {
  const value = storage.getStore();
  return value === WITHOUT_TENANT ? undefined : value;
}

/** For the connection manager: also tells "explicitly none" from "nothing was said". */
export function contextValue(): ContextValue | undefined {
  return storage.getStore();
}

/**
 * Runs `fn` with nothing in context. Connections are opened this way: the events of a socket run
 * in the context that opened it, and that must never be some tenant's.
 */
export function outsideContext<T>(fn: () => T): T {
  return storage.exit(fn);
}
