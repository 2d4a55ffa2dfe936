import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { connectAsSuperuser, urlOf } from './embedded';
import type { GeneratedApp } from './generate';
import { startServer, type RunningServer } from './server';

/** What role isolation adds, in an application that runs and has tenants. */
export function describeRoles(getApp: () => GeneratedApp): void {
  const withOnly = (user: string, ...args: string[]) =>
    getApp().try(
      'env',
      `DATABASE_URL=${urlOf(getApp(), user)}`,
      'PORT=0',
      process.execPath,
      ...args,
    );

  describe('with roles', () => {
    let server: RunningServer;
    let superuser: pg.Client;

    beforeAll(async () => {
      server = await startServer(getApp().directory);
      superuser = await connectAsSuperuser(getApp());
    });
    afterAll(async () => {
      await superuser.end();
      await server.stop();
    });

    it('serves with the login of the application alone, and says what its commands need', () => {
      expect(withOnly('app', 'dist/tenancy/cli/main.js', 'list').status).toBe(0);
      const { status, stderr } = withOnly('app', 'dist/tenancy/cli/main.js', 'create', 'initech');
      expect(status).toBe(1);
      expect(stderr).toContain('DATABASE_ADMIN_URL');
      expect(withOnly('app', 'dist/tenancy/cli/main.js', 'list').stdout).not.toContain('initech');
    });

    it('refuses to start with a login that no role restrains', () => {
      const { status, stderr } = withOnly('postgres', 'dist/main.js');
      expect(status).toBe(1);
      expect(stderr).toContain('superuser');
    });

    it('says so when a tenant has got rights on the schema of another', async () => {
      const { rows } = await superuser.query<{ role: string; other: string }>(
        `select a.role_name as role, b.schema_name as other
         from tenancy.tenants a join tenancy.tenants b on a.slug < b.slug limit 1`,
      );
      const [{ role, other }] = rows as [(typeof rows)[0]];
      const violation = /FATAL.*Tenants are not isolated/;
      expect(server.output()).not.toMatch(violation);

      await superuser.query(`grant usage on schema "tenancy-canary", ${other} to ${role}`);
      for (let i = 0; i < 100 && !violation.test(server.output()); i++) await sleep(100);
      expect(server.output()).toMatch(violation);
      await superuser.query(`revoke usage on schema "tenancy-canary", ${other} from ${role}`);
    });
  });
}
