import { InvalidTenantSlugError, TenantAmbiguousError } from '@mt/runtime';
import { ResolverChain } from './resolver-chain.js';

describe('ResolverChain', () => {
  const request = { headers: {}, hostname: 'localhost', url: '/' };
  const resolve = (...slugs: (string | undefined)[]) =>
    new ResolverChain(slugs.map((slug) => ({ resolve: () => slug }))).resolve(
      request,
    );

  it('takes the tenant that one resolver finds', async () => {
    expect(await resolve(undefined, 'acme')).toBe('acme');
  });

  it('finds none when no resolver does', async () => {
    expect(await resolve(undefined, undefined)).toBeUndefined();
  });

  it('accepts resolvers that agree', async () => {
    expect(await resolve('acme', 'acme')).toBe('acme');
  });

  it('refuses resolvers that disagree', async () => {
    await expect(resolve('acme', 'globex')).rejects.toThrow(
      TenantAmbiguousError,
    );
  });

  it('refuses what is no slug', async () => {
    await expect(resolve('../x')).rejects.toThrow(InvalidTenantSlugError);
  });
});
