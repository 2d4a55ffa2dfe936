import {
  ConfigurationError,
  ConnectionManager,
  IsolationMonitor,
  Migrator,
  onDiagnostics,
  sqlMigrations,
  TenantRegistry,
  Tenants,
  verifyIsolation,
  type Tenant,
} from '@mt/runtime';
import { describeWithPgBouncer, usePgBouncer } from '../support/pgbouncer.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy } from '../support/tenancy.js';
import { TwoConnectionsPool } from '../support/unsafe-pools.mjs';

const unsafe = (problem: RegExp) => ({
  code: 'CONFIGURATION_INVALID',
  message: expect.stringMatching(problem) as unknown,
});

describe('with schemas', () => {
  const tenancy = useTenancy({ max: 4 });
  let acme: Tenant;

  beforeAll(async () => {
    acme = await tenancy.tenants.create({ slug: 'acme' });
    await tenancy.tenants.create({ slug: 'globex' });
  });

  const verify = () => verifyIsolation(tenancy.connections, tenancy.registry);

  it('a stock server is fit', async () => {
    await expect(verify()).resolves.toEqual({ warnings: [] });
    expect(tenancy.connections.getActiveCount()).toBe(0);
  });

  it.each([
    ['standard_conforming_strings', 'off', /standard_conforming_strings/],
    ['search_path', 'tenant_acme', /search path of the login has the schema of the tenant acme/],
  ])('a server with %s = %s is not', async (setting, value, problem) => {
    const connections = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      pool: { options: `-c ${setting}=${value}` },
    });
    await expect(
      verifyIsolation(connections, new TenantRegistry(connections)),
    ).rejects.toMatchObject(unsafe(problem));
    await connections.close();
  });

  it('a way to the server that takes settings and statements apart is not', async () => {
    const pool = new TwoConnectionsPool(tenancy.database.connectionString);
    await expect(
      verifyIsolation(over(tenancy.connections, pool), tenancy.registry),
    ).rejects.toMatchObject(unsafe(/do not arrive with it/));
    await pool.end();
  });

  describe('the canary', () => {
    const monitor = () => new IsolationMonitor(tenancy.connections, tenancy.registry);

    it('finds nothing where tenants are kept apart', async () => {
      await expect(monitor().check()).resolves.toMatchObject({
        tenants: 2,
        violations: [],
        error: undefined,
      });
      expect(await tenancy.registry.list()).toHaveLength(2);
    });

    it('finds a tenant that sees its row, and says so', async () => {
      const heard = jest.fn();
      const stop = onDiagnostics('isolation-violation', heard);
      await tenancy.database.query(
        `create view ${acme.schema}.mt_isolation_canary as select * from "tenancy-canary".mt_isolation_canary`,
      );
      const { violations } = await monitor().check();
      await tenancy.database.query(`drop view ${acme.schema}.mt_isolation_canary`);
      stop();
      expect(violations).toHaveLength(2);
      expect(violations[0]).toMatch('the tenant acme sees the canary’s row');
      expect(heard).toHaveBeenCalledWith({ violations });
    });

    it('finds a pool that mixes tenants up', async () => {
      const pool = new TwoConnectionsPool(tenancy.database.connectionString);
      const broken = new IsolationMonitor(over(tenancy.connections, pool), tenancy.registry, {
        sample: 2,
      });
      const reports = [];
      for (let look = 0; look < 10; look++) reports.push(await broken.check());
      await pool.end();
      expect(reports.some(({ violations, error }) => violations.length > 0 && !error)).toBe(true);
    });

    it('goes on when it could not look, and tells why', async () => {
      const closed = new ConnectionManager({
        connectionString: tenancy.database.connectionString,
      });
      await closed.close();
      const { violations, error } = await new IsolationMonitor(
        closed,
        new TenantRegistry(closed),
      ).check();
      expect(violations).toEqual([]);
      expect(error).toMatchObject({ code: 'CONNECTION_CLOSED' });
    });

    it.each([
      { intervalMs: NaN },
      { intervalMs: -1 },
      { intervalMs: 2 ** 31 },
      { sample: NaN },
      { sample: -1 },
    ])('does not look by %p', (options) => {
      const make = () => new IsolationMonitor(tenancy.connections, tenancy.registry, options);
      expect(make).toThrow(ConfigurationError);
    });

    it('looks only when it is asked to where its interval is 0', async () => {
      const once = new IsolationMonitor(tenancy.connections, tenancy.registry, { intervalMs: 0 });
      await once.start();
      const first = once.report;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(once.report).toBe(first);
      await once.stop();
    });

    it('looks at every interval until it is stopped', async () => {
      const often = new IsolationMonitor(tenancy.connections, tenancy.registry, { intervalMs: 10 });
      await often.start();
      const first = often.report;
      await new Promise((resolve) => setTimeout(resolve, 300));
      await often.stop();
      const last = often.report;
      expect(last?.at.getTime()).toBeGreaterThan(first?.at.getTime() ?? Infinity);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(often.report).toBe(last);
    });
  });
});

describe('with roles', () => {
  const tenancy = useRoleTenancy({ max: 4 });
  let acme: Tenant;

  beforeAll(async () => {
    acme = await tenancy.tenants.create({ slug: 'acme' });
    await tenancy.tenants.create({ slug: 'globex' });
  });

  const verifyAs = async (connectionString: string) => {
    const connections = new ConnectionManager({ connectionString, isolation: 'role', max: 2 });
    try {
      return await verifyIsolation(connections, new TenantRegistry(connections));
    } finally {
      await connections.close();
    }
  };

  it('a login without rights of its own is fit', async () => {
    await expect(verifyAs(tenancy.logins.connectionString)).resolves.toEqual({ warnings: [] });
  });

  it('a superuser is not', async () => {
    await expect(verifyAs(tenancy.database.connectionString)).rejects.toMatchObject(
      unsafe(/logs in as the superuser postgres/),
    );
  });

  it('the owner of the schemas is not', async () => {
    const { rows } = await tenancy.connections.adminQuery('select role_name from tenancy.tenants');
    // Or it could not even run a probe.
    for (const { role_name } of rows) {
      await tenancy.connections.adminQuery(
        `grant "${role_name}" to app_owner with inherit false, set true`,
      );
    }
    await expect(verifyAs(tenancy.logins.adminConnectionString)).rejects.toMatchObject(
      unsafe(/has CREATEROLE.*owner of tenants’ schemas \(app_owner\)/),
    );
  });

  it('a login with rights on a tenant’s schema is not', async () => {
    await tenancy.connections.adminQuery(`grant usage on schema ${acme.schema} to app`);
    await expect(verifyAs(tenancy.logins.connectionString)).rejects.toMatchObject(
      unsafe(/rights of its own on tenants’ schemas \(acme/),
    );
    await tenancy.connections.adminQuery(`revoke usage on schema ${acme.schema} from app`);
  });

  it('tenants without a role are told', async () => {
    await tenancy.database.query(
      "update tenancy.tenants set role_name = null where slug = 'globex'",
    );
    await expect(verifyAs(tenancy.logins.connectionString)).resolves.toEqual({
      warnings: [expect.stringMatching('without a role, which are not served: 1')],
    });
    await tenancy.tenants.createRoles();
  });

  it('the canary finds nothing, also without the admin login', async () => {
    await new IsolationMonitor(tenancy.connections, tenancy.registry).check();
    const connections = new ConnectionManager({
      connectionString: tenancy.logins.connectionString,
      isolation: 'role',
    });
    const report = await new IsolationMonitor(connections, new TenantRegistry(connections)).check();
    await connections.close();
    expect(report).toMatchObject({ tenants: 2, violations: [], error: undefined });
  });

  it('the canary finds a role that was given too much', async () => {
    const monitor = new IsolationMonitor(tenancy.connections, tenancy.registry);
    await tenancy.database.query(`grant usage on schema "tenancy-canary" to "${acme.role}"`);
    const { violations } = await monitor.check();
    await tenancy.database.query(`revoke usage on schema "tenancy-canary" from "${acme.role}"`);
    expect(violations).toEqual(['the role of acme has rights on the schema of tenancy-canary']);
  });
});

describe.each([
  ['schemas', useTenancy],
  ['roles', useRoleTenancy],
])('names that the runtime makes up, with %s', (_, useIt) => {
  const tenancy = useIt({ max: 4 });

  it.each([
    ['tenancy_', 'tenancy', 'canary'],
    ['mt_', 'control', 'probe-a'],
    ['c_', 'x'.repeat(63), 'canary'],
    ['d_', `${'x'.repeat(62)}y`, 'canary'],
  ])('are nobody’s: schemas that begin in %s, beside %s, of a tenant %s', async (...names) => {
    const [schemaPrefix, controlSchema, slug] = names;
    const registry = new TenantRegistry(tenancy.connections, { schemaPrefix, controlSchema });
    await registry.setup();
    const source = sqlMigrations(tenancy.connections, { directory: tenancy.directory });
    const migrator = new Migrator(tenancy.connections, registry, source);
    const monitor = new IsolationMonitor(tenancy.connections, registry);
    await monitor.check();
    await verifyIsolation(tenancy.connections, registry);

    const tenant = await new Tenants(registry, migrator).create({ slug });
    expect(tenant.status).toBe('active');
    const tables = await tenancy.database.query(
      'select tablename from pg_tables where schemaname = $1',
      [tenant.schema],
    );
    expect(tables).toEqual([{ tablename: 'items' }]);
    expect(await monitor.check()).toMatchObject({ tenants: 1, violations: [], error: undefined });
    await expect(verifyIsolation(tenancy.connections, registry)).resolves.toEqual({ warnings: [] });
  });
});

describeWithPgBouncer('behind PgBouncer', () => {
  const tenancy = useTenancy();

  describe.each(['transaction', 'session'] as const)('in %s mode', (poolMode) => {
    const bouncer = usePgBouncer(tenancy.database, {
      poolMode,
      serverConnections: poolMode === 'session' ? 10 : 1,
    });

    it('is fit', async () => {
      const connections = new ConnectionManager({ connectionString: bouncer.connectionString });
      await expect(verifyIsolation(connections, new TenantRegistry(connections))).resolves.toEqual({
        warnings: [],
      });
      await connections.close();
    });
  });

  describe('in statement mode', () => {
    const bouncer = usePgBouncer(tenancy.database, {
      poolMode: 'statement',
      serverConnections: 2,
    });

    it('is not', async () => {
      const connections = new ConnectionManager({ connectionString: bouncer.connectionString });
      await expect(
        verifyIsolation(connections, new TenantRegistry(connections)),
      ).rejects.toMatchObject(unsafe(/a transaction cannot be used/));
      await connections.close();
    });
  });
});

/** The same, with another way to the server. */
function over(connections: ConnectionManager, pool: unknown): ConnectionManager {
  return new Proxy(connections, {
    get(target, key) {
      if (key === 'pool') return pool;
      if (key === 'poolIn') return () => pool;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
