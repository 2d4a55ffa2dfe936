import { setTimeout as delay } from 'node:timers/promises';
import { Subject, switchMap, throwError } from 'rxjs';
import { runWithTenant, tryCurrentTenant, withoutTenant } from '../context.js';
import { TenantContextMissingError } from '../errors.js';
import type { Tenant } from '../tenant/tenant.js';
import { keepTenant } from './keep-tenant.js';

const tenant = (slug: string) => ({ id: slug, slug }) as Tenant;
const [acme, globex] = [tenant('acme'), tenant('globex')];
const whose = async () => {
  await delay(1);
  return tryCurrentTenant()?.slug ?? 'nobody';
};

/** Two tenants that listen to one subject, which others feed. */
async function heard(keep: boolean): Promise<Record<string, string[]>> {
  const subject = new Subject<number>();
  const seen: Record<string, string[]> = { acme: [], globex: [] };
  for (const { slug } of [acme, globex]) {
    runWithTenant(tenant(slug), () => {
      const shared = keep ? subject.pipe(keepTenant()) : subject;
      shared.pipe(switchMap(whose)).subscribe((by) => seen[slug]?.push(by));
    });
  }
  runWithTenant(globex, () => subject.next(1));
  await delay(10);
  withoutTenant(() => subject.next(2));
  await delay(10);
  return seen;
}

it('runs what is behind it as whoever subscribed', async () => {
  expect(await heard(true)).toEqual({ acme: ['acme', 'acme'], globex: ['globex', 'globex'] });
});

it('is needed: without it, what is behind runs as whoever comes by', async () => {
  const wrong = ['globex', 'nobody'];
  expect(await heard(false)).toEqual({ acme: wrong, globex: wrong });
});

it('hands errors and the end on as well, and ends with its subscriber', () => {
  const subject = new Subject<number>();
  const seen: string[] = [];
  const subscription = runWithTenant(acme, () =>
    subject.pipe(keepTenant()).subscribe({
      next: () => seen.push(`next ${tryCurrentTenant()?.slug}`),
      complete: () => seen.push(`complete ${tryCurrentTenant()?.slug}`),
    }),
  );
  runWithTenant(globex, () => {
    subject.next(1);
    subject.complete();
  });
  expect(seen).toEqual(['next acme', 'complete acme']);
  expect(subscription.closed).toBe(true);
  runWithTenant(acme, () =>
    throwError(() => new Error('x'))
      .pipe(keepTenant())
      .subscribe({ error: (error: Error) => seen.push(error.message) }),
  );
  expect(seen.at(-1)).toBe('x');

  const open = new Subject<number>();
  const left = runWithTenant(acme, () => open.pipe(keepTenant()).subscribe());
  left.unsubscribe();
  expect(open.observed).toBe(false);
});

it('tells whoever subscribes where nothing is in context', () => {
  let failure: unknown;
  new Subject().pipe(keepTenant()).subscribe({ error: (error: unknown) => (failure = error) });
  expect(failure).toBeInstanceOf(TenantContextMissingError);
});
