import { AsyncLocalStorage } from 'node:async_hooks';
import { InvalidArgumentError, TenantContextMissingError } from './errors.js';
import { assertTenant } from './tenant/assert-tenant.js';
import type { Tenant } from './tenant/tenant.js';

/**
 * What a request, a job or any other run of code has checked out: who holds a connection and waits
 * for another must not wait behind those who hold none.
 */
export interface Checkouts {
  /** Connections that it holds. */
  held: number;
  /** Connections that it waits for. */
  waiting: number;
}

/** What a piece of code runs as. Where there is no frame at all, nothing was said. */
export interface Frame {
  /** Undefined for code that has said it works without a tenant. */
  readonly tenant: Tenant | undefined;
  readonly checkouts: Checkouts;
  /** Whether what it was entered for is over: its request has been answered. */
  readonly isOver: (() => boolean) | undefined;
  /** Whether its statements are planned anew each time. */
  readonly plansAnew?: boolean;
}

export interface RunOptions {
  /**
   * Whether what the tenant was entered for is over, asked whenever a statement is sent. Statements
   * that come later are told as `late-statement`, or refused: see `lateStatements` of the connection
   * manager. For a request: whether it has been answered. Default: it is never over.
   *
   * @example
   * ```ts
   * runWithTenant(tenant, next, { isOver: () => response.writableEnded });
   * ```
   */
  isOver?: () => boolean;
}

/**
 * One storage per process, also where the package is loaded twice (as ESM and as CommonJS, or in
 * two versions): a tenant entered through one copy must be seen by the other.
 */
const STORAGE = Symbol.for('@mt/runtime/context@1');
const shared = globalThis as { [STORAGE]?: AsyncLocalStorage<Frame | undefined> };
const storage = (shared[STORAGE] ??= new AsyncLocalStorage<Frame | undefined>());

/**
 * Runs `fn`, and everything it awaits or schedules, as the given tenant.
 *
 * A query builder that `fn` returns without awaiting it (Drizzle's, Kysely's) is sent inside, and
 * the promise of its result is returned: awaited outside it would run as whoever is there.
 *
 * @example
 * ```ts
 * const tenant = await registry.getActive('acme');
 * const rows = await runWithTenant(tenant, () => db.select().from(invoices));
 * ```
 * @throws InvalidArgumentError for anything that is no tenant: nothing that a look-up has not found
 *   runs as nobody
 */
export function runWithTenant<T>(
  tenant: Tenant,
  fn: () => PromiseLike<T>,
  options?: RunOptions,
): Promise<T>;
export function runWithTenant<T>(tenant: Tenant, fn: () => T, options?: RunOptions): T;
export function runWithTenant(
  tenant: Tenant,
  fn: () => unknown,
  { isOver }: RunOptions = {},
): unknown {
  assertTenant(tenant);
  assertFunction(fn, 'runWithTenant(tenant, () => …)');
  return storage.run(frame(tenant, isOver), () => started(fn()));
}

/**
 * Runs `fn` as code that works without a tenant: start-up, shared tables, the registry. Statements
 * on tenant tables stay an error inside it.
 */
export function withoutTenant<T>(fn: () => PromiseLike<T>): Promise<T>;
export function withoutTenant<T>(fn: () => T): T;
export function withoutTenant(fn: () => unknown): unknown {
  assertFunction(fn, 'withoutTenant(() => …)');
  return storage.run(frame(undefined), () => started(fn()));
}

/**
 * Ties a function to the tenant that is in context now, or to code that has said it works without
 * one: whoever calls it and whenever, it runs as that. For work that is handed to something shared
 * between requests, which calls it as whoever comes by: a limiter, a queue, an event emitter.
 *
 * @example
 * ```ts
 * const limit = pLimit(4);
 * const rows = await limit(bindTenant(() => invoices.findAll()));
 * ```
 * @throws TenantContextMissingError where nothing is in context
 */
export function bindTenant<A extends unknown[], R>(fn: (...args: A) => R): (...args: A) => R {
  assertFunction(fn, 'bindTenant(() => …)');
  const bound = storage.getStore();
  if (!bound) throw new TenantContextMissingError('A function to bind');
  const { tenant, isOver } = bound;
  return (...args) => storage.run(frame(tenant, isOver), () => started(fn(...args)) as R);
}

/**
 * Has the statements that `fn` sends planned anew for their values, where statements that repeat are
 * prepared otherwise: for those that a plan for any values does not suit. The tenant stays.
 *
 * @example
 * ```ts
 * const rows = await withoutPreparedStatements(() => invoices.findByStatus('open'));
 * ```
 * @throws TenantContextMissingError where nothing is in context
 */
export function withoutPreparedStatements<T>(fn: () => PromiseLike<T>): Promise<T>;
export function withoutPreparedStatements<T>(fn: () => T): T;
export function withoutPreparedStatements(fn: () => unknown): unknown {
  assertFunction(fn, 'withoutPreparedStatements(() => …)');
  const current = storage.getStore();
  if (!current) throw new TenantContextMissingError('A statement to be planned anew');
  return storage.run({ ...current, plansAnew: true }, () => started(fn()));
}

/** What holds a connection and enters another tenant is one run; what holds none begins a new one. */
function frame(tenant: Tenant | undefined, isOver?: () => boolean): Frame {
  const outer = storage.getStore()?.checkouts;
  return { tenant, checkouts: outer && outer.held > 0 ? outer : { held: 0, waiting: 0 }, isOver };
}

/** A builder or a promise that is handed over was made, and perhaps sent, before. */
function assertFunction(value: unknown, usage: string): void {
  if (typeof value === 'function') return;
  throw new InvalidArgumentError('What is to run is no function.', {
    remedy: `Pass a function: ${usage}.`,
  });
}

/** Has a lazy thenable start here and now; anything else is returned as it is. */
function started(result: unknown): unknown {
  if (result instanceof Promise || !isThenable(result)) return result;
  return new Promise((resolve, reject) => void result.then(resolve, reject));
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    'then' in value &&
    typeof value.then === 'function'
  );
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
  return storage.getStore()?.tenant;
}

/** For the connection manager: also tells "explicitly none" from "nothing was said". */
export function currentFrame(): Frame | undefined {
  return storage.getStore();
}

/** Runs `fn` with nothing in context. */
export function outsideContext<T>(fn: () => T): T {
  return storage.run(undefined, fn);
}

/**
 * Has a callback run as what is in context now: it is called by whoever gives a connection back, or
 * by a socket. (AsyncResource.bind does the same for every storage, and costs as much as a query.)
 */
export function bindContext<F extends (a: never, b: never, c: never) => void>(fn: F): F {
  const value = storage.getStore();
  const call = fn as unknown as (a: unknown, b: unknown, c: unknown) => void;
  // Without rest parameters: this is on the way of every statement of TypeORM.
  const bound = (a: unknown, b: unknown, c: unknown) =>
    storage.getStore() === value ? call(a, b, c) : storage.run(value, call, a, b, c);
  return bound as unknown as F;
}
