import type { Tenant } from '../tenant/tenant.js';
import { TenantCache } from './tenant-cache.js';

const tenantOf = (slug: string) => Object.freeze({ slug }) as Tenant;

/** A database that counts the questions, and answers when it is told to. */
function database() {
  const asked: string[] = [];
  const waiting: (() => void)[] = [];
  return {
    asked,
    found: (slug: string) => {
      asked.push(slug);
      return Promise.resolve(tenantOf(slug));
    },
    missing: (slug: string) => {
      asked.push(slug);
      return Promise.resolve(undefined);
    },
    slow: (slug: string) => {
      asked.push(slug);
      const tenant = tenantOf(slug);
      return new Promise<Tenant>((resolve) => waiting.push(() => resolve(tenant)));
    },
    answer: () => waiting.splice(0).forEach((resolve) => resolve()),
  };
}

afterEach(() => jest.useRealTimers());

it('asks once, for what is there and for what is not', async () => {
  const cache = new TenantCache(10, 1_000);
  const { asked, found, missing } = database();
  for (let n = 0; n < 3; n++) {
    expect(await cache.find('acme', found)).toEqual({ slug: 'acme' });
    expect(await cache.find('nobody', missing)).toBeUndefined();
  }
  expect(asked).toEqual(['acme', 'nobody']);
});

it.each(['found', 'missing'] as const)(
  'believes what was %s until its time is up',
  async (kind) => {
    jest.useFakeTimers();
    const cache = new TenantCache(10, 1_000);
    const { asked, [kind]: load } = database();
    await cache.find('acme', load);
    jest.advanceTimersByTime(999);
    await cache.find('acme', load);
    expect(asked).toHaveLength(1);
    jest.advanceTimersByTime(1);
    await cache.find('acme', load);
    expect(asked).toHaveLength(2);
  },
);

it('gives what it was asked for lately without asking, and nothing else', async () => {
  jest.useFakeTimers();
  const cache = new TenantCache(10, 1_000);
  const { asked, found, missing } = database();
  expect(cache.peek('acme')).toBeUndefined();
  await cache.find('acme', found);
  await cache.find('nobody', missing);
  expect(cache.peek('acme')).toEqual({ slug: 'acme' });
  expect(cache.peek('nobody')).toBeUndefined();
  jest.advanceTimersByTime(1_000);
  expect(cache.peek('acme')).toBeUndefined();
  await cache.find('acme', found);
  cache.forget('acme');
  expect(cache.peek('acme')).toBeUndefined();
  expect(asked).toEqual(['acme', 'nobody', 'acme']);
});

it('believes it no longer when the clock is set back', async () => {
  jest.useFakeTimers();
  const cache = new TenantCache(10, 1_000);
  const { asked, found } = database();
  await cache.find('acme', found);
  jest.advanceTimersByTime(1_000);
  jest.setSystemTime(Date.now() - 3_600_000);
  await cache.find('acme', found);
  expect(asked).toHaveLength(2);
});

it('asks every time with no time to believe', async () => {
  const cache = new TenantCache(10, 0);
  const { asked, found } = database();
  await cache.find('acme', found);
  await cache.find('acme', found);
  expect(asked).toHaveLength(2);
});

it('shares one question between all who ask at the same time', async () => {
  const cache = new TenantCache(10, 1_000);
  const { asked, slow, answer } = database();
  const all = [1, 2, 3].map(() => cache.find('acme', slow));
  answer();
  const [first, ...others] = await Promise.all(all);
  expect(others.every((other) => other === first)).toBe(true);
  expect(asked).toEqual(['acme']);
});

it('does not remember a failure, and tells it to all who share the question', async () => {
  const cache = new TenantCache(10, 1_000);
  const { asked, found } = database();
  const fails = () => Promise.reject(new Error('down'));
  const results = await Promise.allSettled([cache.find('acme', fails), cache.find('acme', fails)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await cache.find('acme', found)).toEqual({ slug: 'acme' });
  expect(asked).toEqual(['acme']);
});

describe('a full cache', () => {
  it('has the oldest make room', async () => {
    const cache = new TenantCache(2, 1_000);
    const { asked, found } = database();
    for (const slug of ['a', 'b', 'c', 'b', 'c']) await cache.find(slug, found);
    expect(asked).toEqual(['a', 'b', 'c']);
    await cache.find('a', found);
    expect(asked).toEqual(['a', 'b', 'c', 'a']);
  });

  it('has no tenant make room for made-up slugs, which have a bound of their own', async () => {
    const cache = new TenantCache(2, 1_000, 3);
    const { asked, found, missing } = database();
    await cache.find('a', found);
    await cache.find('b', found);
    for (let n = 0; n < 1_000; n++) await cache.find(`made-up-${n}`, missing);
    asked.length = 0;
    for (const slug of ['a', 'b']) expect(await cache.find(slug, found)).toEqual({ slug });
    for (const n of [997, 998, 999]) await cache.find(`made-up-${n}`, missing);
    expect(asked).toEqual([]);
    await cache.find('made-up-996', missing);
    expect(asked).toEqual(['made-up-996']);
  });
});

describe('what was changed', () => {
  const changes: [string, (cache: TenantCache) => void][] = [
    ['forget', (cache) => cache.forget('acme')],
    ['clear', (cache) => cache.clear()],
  ];

  it.each(changes)('is asked for again after %s, found or not', async (_, change) => {
    const cache = new TenantCache(10, 1_000);
    const { asked, found, missing } = database();
    await cache.find('acme', found);
    change(cache);
    expect(await cache.find('acme', missing)).toBeUndefined();
    change(cache);
    expect(await cache.find('acme', found)).toEqual({ slug: 'acme' });
    expect(asked).toHaveLength(3);
  });

  it.each(changes)('is not put back by a look-up that %s overtook', async (_, change) => {
    const cache = new TenantCache(10, 1_000);
    const { slow, missing, answer } = database();
    const old = cache.find('acme', slow);
    change(cache);
    answer();
    await old;
    expect(await cache.find('acme', missing)).toBeUndefined();
  });

  it.each(changes)('is not what a look-up after %s is given', async (_, change) => {
    const cache = new TenantCache(10, 1_000);
    const { slow, missing, answer } = database();
    const old = cache.find('acme', slow);
    change(cache);
    expect(await cache.find('acme', missing)).toBeUndefined();
    answer();
    await old;
    expect(await cache.find('acme', missing)).toBeUndefined();
  });

  it('leaves other tenants alone when one is forgotten', async () => {
    const cache = new TenantCache(10, 1_000);
    const { asked, found } = database();
    await cache.find('acme', found);
    cache.forget('globex');
    await cache.find('acme', found);
    expect(asked).toEqual(['acme']);
  });
});
