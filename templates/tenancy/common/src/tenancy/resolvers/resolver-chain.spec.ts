import { InvalidTenantSlugError, TenantAmbiguousError } from '@mt/runtime';
import { ResolverChain } from './resolver-chain.js';
import type { TenantResolver } from './tenant-resolver.js';

describe('ResolverChain', () => {
  const request = { headers: {}, hostname: 'localhost', url: '/' };
  const ask = (...resolvers: TenantResolver['resolve'][]) =>
    new ResolverChain(resolvers.map((resolve) => ({ resolve }))).resolve(
      request,
    );
  const resolve = (...slugs: (string | undefined)[]) =>
    ask(...slugs.map((slug) => () => slug));

  it('takes the tenant that one resolver finds', () => {
    expect(resolve(undefined, 'acme')).toBe('acme');
  });

  it('finds none when no resolver does', () => {
    expect(resolve(undefined, undefined)).toBeUndefined();
  });

  it('accepts resolvers that agree', () => {
    expect(resolve('acme', 'acme')).toBe('acme');
  });

  it('refuses resolvers that disagree', () => {
    expect(() => resolve('acme', 'globex')).toThrow(TenantAmbiguousError);
  });

  it('refuses what is no slug', () => {
    expect(() => resolve('../x')).toThrow(InvalidTenantSlugError);
  });

  it('waits for resolvers that have to wait', async () => {
    const later = (slug: string) => () => Promise.resolve(slug);
    expect(await ask(later('acme'), () => undefined)).toBe('acme');
    await expect(ask(later('acme'), () => 'globex')).rejects.toThrow(
      TenantAmbiguousError,
    );
    await expect(ask(later('../x'))).rejects.toThrow(InvalidTenantSlugError);
  });

  it('leaves no promise alone when a resolver throws', async () => {
    const unhandled = vi.fn();
    process.once('unhandledRejection', unhandled);
    const rejects = () => Promise.reject(new Error('later'));
    const throws = () => {
      throw new Error('at once');
    };
    await expect(ask(rejects, throws)).rejects.toThrow();
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});
