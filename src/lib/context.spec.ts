import { setTimeout as delay } from 'node:timers/promises';
import {
  bindTenant,
  currentTenant,
  runWithTenant,
  tryCurrentTenant,
  withoutTenant,
} from './context.js';
import { InvalidArgumentError, TenantContextMissingError } from './errors.js';
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

describe('what is no tenant is never nobody', () => {
  it.each([
    ['undefined', undefined, /^undefined is no tenant/],
    ['null', null, /^null is no tenant/],
    ['a slug', 'acme', /^A string is no tenant/],
    ['a number', 1, /^A number is no tenant/],
    ['a function', () => acme, /^A function is no tenant/],
    ['an empty object', {}, /^An object without id and slug/],
    ['a list', [acme], /^An object without id and slug/],
    ['one with an empty id', { ...acme, id: '' }, /^An object without id and slug/],
    ['one with a number for its id', { ...acme, id: 1 }, /^An object without id and slug/],
    ['a promise', Promise.resolve(acme), /^A promise is no tenant/],
    ['a promise that has what a tenant has', { ...acme, then: () => acme }, /^A promise/],
  ])('%s', (_, value, message) => {
    let ran = false;
    const run = () => runWithTenant(value as Tenant, () => (ran = true));
    expect(run).toThrow(InvalidArgumentError);
    expect(run).toThrow(message);
    expect(() => runWithTenant(acme, run)).toThrow(InvalidArgumentError);
    expect(ran).toBe(false);
  });

  it.each([undefined, null, {}, Promise.resolve(1), 'x'])('%p is no function to run', (fn) => {
    expect(() => runWithTenant(acme, fn as never)).toThrow(InvalidArgumentError);
    expect(() => withoutTenant(fn as never)).toThrow(InvalidArgumentError);
    expect(() => runWithTenant(acme, () => bindTenant(fn as never))).toThrow(InvalidArgumentError);
  });
});

describe('a function that is bound', () => {
  const slug = () => tryCurrentTenant()?.slug;

  it('runs as the tenant of where it was bound, whoever calls it', async () => {
    const bound = runWithTenant(acme, () => bindTenant((...args: number[]) => [slug(), ...args]));
    expect(bound(1, 2)).toEqual(['acme', 1, 2]);
    expect(runWithTenant(globex, () => bound())).toEqual(['acme']);
    expect(withoutTenant(() => bound())).toEqual(['acme']);
    const later = runWithTenant(acme, () =>
      bindTenant(async () => {
        await delay(1);
        return slug();
      }),
    );
    expect(await runWithTenant(globex, later)).toBe('acme');
  });

  it('runs as nobody where that was said', () => {
    const bound = withoutTenant(() => bindTenant(slug));
    expect(runWithTenant(acme, bound)).toBeUndefined();
  });

  it('sends a lazy thenable as its tenant', async () => {
    const lazy: PromiseLike<string | undefined> = {
      then: (resolve) => Promise.resolve(slug()).then(resolve),
    };
    const bound = runWithTenant(acme, () => bindTenant(() => lazy));
    expect(await runWithTenant(globex, bound)).toBe('acme');
  });

  it('cannot be bound where nothing was said', () => {
    expect(() => bindTenant(slug)).toThrow(TenantContextMissingError);
  });
});
