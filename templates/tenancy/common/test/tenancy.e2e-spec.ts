import { Tenants } from '@mt/runtime';
import type { INestApplication } from '@nestjs/common';
import request from 'supertest';
import type { App } from 'supertest/types.js';
import { clientOf, createApp, createTenant } from './support/app.js';

describe('Tenancy (e2e)', () => {
  let app: INestApplication<App>;

  beforeAll(async () => {
    app = await createApp();
  });

  afterAll(() => app.close());

  const get = (path: string) => request(app.getHttpServer()).get(path);

  it('answers routes without a tenant', () =>
    get('/').expect(200, { status: 'ok' }));

  it('refuses a request without a tenant', async () => {
    const { body } = await get('/users')
      .expect(400)
      .expect('Content-Type', /^application\/problem\+json/);
    expect(body).toMatchObject({ status: 400, code: 'TENANT_CONTEXT_MISSING' });
  });

  it('refuses an unknown tenant', async () => {
    const { body } = await get('/users')
      .set('X-Tenant-Id', 'nobody')
      .expect(404);
    expect(body).toMatchObject({ status: 404, code: 'TENANT_NOT_FOUND' });
  });

  it('refuses a suspended tenant', async () => {
    const tenant = await createTenant(app);
    await app.get(Tenants).suspend(tenant.slug);

    const { body } = await clientOf(app, tenant).get('/users').expect(403);
    expect(body).toMatchObject({ status: 403, code: 'TENANT_NOT_ACTIVE' });
  });

  it('refuses a tenant at once that another instance suspends', async () => {
    const other = await createApp();
    const tenant = await createTenant(app);
    const client = clientOf(app, tenant);
    await client.get('/users').expect(200);

    await other.get(Tenants).suspend(tenant.slug);
    await vi.waitFor(() => client.get('/users').expect(403));
    await other.close();
  });

  it.each(['', '../x', 'a"b', 'Acme', 'acme, globex', 'a'.repeat(64)])(
    'refuses the malformed tenant %j',
    async (slug) => {
      const { body } = await get('/users').set('X-Tenant-Id', slug).expect(400);
      expect(body).toMatchObject({ status: 400, code: 'TENANT_SLUG_INVALID' });
    },
  );
});
