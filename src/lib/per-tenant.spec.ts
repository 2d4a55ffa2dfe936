import { runWithTenant, tryCurrentTenant, withoutTenant } from './context.js';
import { InvalidArgumentError, TenantContextMissingError } from './errors.js';
import { perTenant } from './per-tenant.js';
import type { Tenant } from './tenant/tenant.js';

const tenant = (slug: string) => ({ id: slug, slug }) as Tenant;
const [acme, globex, initech] = [tenant('acme'), tenant('globex'), tenant('initech')];

it('makes one for each tenant, in its context, and keeps it', () => {
  const own = perTenant(({ slug }) => ({ slug, context: tryCurrentTenant()?.slug }));
  const ofAcme = runWithTenant(acme, own);
  expect(ofAcme).toEqual({ slug: 'acme', context: 'acme' });
  expect(runWithTenant(globex, own)).toEqual({ slug: 'globex', context: 'globex' });
  expect(runWithTenant({ ...acme }, own)).toBe(ofAcme);
});

it('keeps no more than it may: who asked least lately makes room', () => {
  const own = perTenant(() => ({}), { max: 2 });
  const ofAcme = runWithTenant(acme, own);
  const ofGlobex = runWithTenant(globex, own);
  runWithTenant(acme, own);
  runWithTenant(initech, own);
  expect(runWithTenant(acme, own)).toBe(ofAcme);
  expect(runWithTenant(globex, own)).not.toBe(ofGlobex);
});

it('keeps undefined too, and nothing of one that could not be made', () => {
  let made = 0;
  const own = perTenant((): undefined => {
    made++;
    if (made === 1) throw new Error('not yet');
  });
  expect(() => runWithTenant(acme, own)).toThrow('not yet');
  runWithTenant(acme, own);
  runWithTenant(acme, own);
  expect(made).toBe(2);
});

it('is an error without a tenant', () => {
  const own = perTenant(() => ({}));
  expect(own).toThrow(TenantContextMissingError);
  expect(() => withoutTenant(own)).toThrow(TenantContextMissingError);
});

it.each([0, -1, 1.5, Number.NaN, Infinity, '2'])('refuses to keep %p', (max) => {
  expect(() => perTenant(() => ({}), { max: max as number })).toThrow(InvalidArgumentError);
});
