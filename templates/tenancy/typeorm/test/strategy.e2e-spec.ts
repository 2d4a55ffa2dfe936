import { Tenants } from '@mt/runtime';
import type { INestApplication } from '@nestjs/common';
import { TypeOrmStrategy } from '../src/database/typeorm.strategy.js';
import { createApp, createTenant } from './support/app.js';

describe('TypeOrmStrategy (e2e)', () => {
  let app: INestApplication;

  beforeAll(async () => {
    app = await createApp();
  });

  afterAll(() => app.close());

  it('binds a connection to a tenant, as long as it is served', async () => {
    const strategy = app.get(TypeOrmStrategy);
    const tenant = await createTenant(app);

    const connection = await strategy.createConnection(tenant.id);
    const found = await connection.run((db) =>
      db.query('select current_schema() as schema'),
    );
    expect(found).toEqual([{ schema: tenant.schema }]);

    await app.get(Tenants).suspend(tenant.slug);
    await expect(strategy.createConnection(tenant.id)).rejects.toMatchObject({
      code: 'TENANT_NOT_ACTIVE',
    });
  });
});
