import { setTimeout as delay } from 'node:timers/promises';
import { currentTenant, runWithTenant, tryCurrentTenant, withoutTenant } from './context.js';
import { TenantContextMissingError } from './errors.js';
import type { Tenant } from './tenant/tenant.js';

const tenant = (slug: string) => ({ id: slug, slug }) as Tenant;
const [acme, globex] = [tenant('acme'), tenant('globex')];

it('is missing until somebody enters it', () => {
  expect(tryCurrentTenant()).toBeUndefined();
  expect(() => currentTenant()).toThrow(TenantContextMissingError);
  expect(withoutTenant(() => tryCurrentTenant())).toBeUndefined();
});

it('follows what runs in it, through everything that waits, and ends with it', async () => {
  const follow = async () => {
    await delay(1);
    await Promise.all([delay(1), new Promise(setImmediate)]);
    return currentTenant().slug;
  };
  const slugs = await Promise.all([
    runWithTenant(acme, follow),
    runWithTenant(globex, follow),
    runWithTenant(acme, () => runWithTenant(globex, follow)),
    runWithTenant(acme, () => withoutTenant(async () => tryCurrentTenant()?.slug)),
  ]);
  expect(slugs).toEqual(['acme', 'globex', 'globex', undefined]);
  expect(tryCurrentTenant()).toBeUndefined();
});

it('starts a lazy thenable inside', async () => {
  const lazy: PromiseLike<string> = {
    then: (resolve) => Promise.resolve(currentTenant().slug).then(resolve),
  };
  expect(await runWithTenant(acme, () => runWithTenant(globex, () => lazy))).toBe('globex');
});

it('returns what is no promise as it is', () => {
  expect(runWithTenant(acme, () => 1)).toBe(1);
});

it('is one context for two copies of the package', async () => {
  let copy: typeof import('./context.js') | undefined;
  jest.isolateModules(() => {
    copy = jest.requireActual('./context.js');
  });
  expect(copy).toBeDefined();
  expect(copy?.runWithTenant).not.toBe(runWithTenant);
  expect(copy?.runWithTenant(acme, () => currentTenant().slug)).toBe('acme');
});
