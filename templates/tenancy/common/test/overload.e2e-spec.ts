import { ConnectionManager, withoutTenant } from '@mt/runtime';
import type { INestApplication } from '@nestjs/common';
import type { App } from 'supertest/types.js';
import { clientOf, createApp, createTenant } from './support/app.js';

// Set before the imports: importing the application reads the environment.
vi.hoisted(() => {
  vi.stubEnv('DATABASE_POOL_SIZE', '1');
  vi.stubEnv('DATABASE_QUEUE_SIZE', '3');
  vi.stubEnv('DATABASE_CONNECTION_TIMEOUT_MS', '2000');
});

describe('Overload (e2e)', () => {
  let app: INestApplication<App>;
  // One more than can wait. Of different tenants: looking one up is shared by all its requests.
  const clients: ReturnType<typeof clientOf>[] = [];

  beforeAll(async () => {
    app = await createApp();
    for (let i = 0; i < 4; i++) {
      clients.push(clientOf(app, await createTenant(app)));
    }
  });

  afterAll(() => app.close());

  it('is answered by 503, at once or after the wait for a connection', async () => {
    const { pool } = app.get(ConnectionManager);
    const held = await withoutTenant(() => pool.connect());
    try {
      const answers = await Promise.all(
        clients.map((client) =>
          client.get('/users').expect(503).expect('Retry-After', '1'),
        ),
      );
      const codes = answers.map(({ body }) => body.code);
      expect(codes).toContain('QUEUE_FULL');
      expect(codes).toContain('CONNECTION_TIMEOUT');
    } finally {
      held.release();
    }
    await Promise.all(
      clients.map((client) =>
        client.get('/users').expect(200, { items: [], nextCursor: null }),
      ),
    );
  });
});
