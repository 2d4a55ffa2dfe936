import { validateEnvironment } from '../../config/environment.js';
import { HeaderResolver } from './header.resolver.js';

describe('HeaderResolver', () => {
  const resolver = new HeaderResolver(
    validateEnvironment({ TENANT_HEADER: 'X-Tenant-ID' }),
  );
  const resolve = (value?: string | string[]) =>
    resolver.resolve({
      headers: { 'x-tenant-id': value },
      hostname: 'localhost',
      url: '/',
    });

  it('reads the configured header', () => {
    expect(resolve('acme')).toBe('acme');
  });

  it('tells a missing header from an empty one', () => {
    expect(resolve()).toBeUndefined();
    expect(resolve('')).toBe('');
  });

  it('does not choose between the values of a repeated header', () => {
    expect(resolve(['acme', 'globex'])).toBe('acme, globex');
  });
});
