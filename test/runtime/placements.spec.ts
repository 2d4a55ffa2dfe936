import {
  ConnectionManager,
  IsolationMonitor,
  missingRoleHardening,
  runWithTenant,
  TenantRegistry,
  verifyIsolation,
  withoutTenant,
  type ConnectionManagerOptions,
  type PlacementConfig,
  type Tenant,
} from '@mt/runtime';
import { createLogins, type Logins } from '@mt/runtime/embedded';
import { adminTransaction } from '../../src/lib/connections/admin-transaction.js';
import { applicationRole } from '../../src/lib/roles/login-roles.js';
import { useAccounts } from '../support/accounts.js';
import { useDatabase, type TestDatabase } from '../support/database.js';
import { useTenancy, type TestTenancy } from '../support/tenancy.js';

/** To TypeScript the package as it is built and its sources are two. */
const own = (connections: unknown) => connections as Parameters<typeof adminTransaction>[0];

const unsafe = (problem: RegExp) => ({
  code: 'CONFIGURATION_INVALID',
  message: expect.stringMatching(problem) as unknown,
});

const NAME = 'select current_database() as name';

/** A tenant of the other placement as it would be there: none can be created yet. */
async function settle(tenancy: TestTenancy, other: TestDatabase, role?: string): Promise<Tenant> {
  await other.query('create schema tenant_far');
  await tenancy.database.query(
    `insert into tenancy.tenants (slug, schema_name, role_name, placement, status, name)
     values ('far', 'tenant_far', $1, 'other', 'active', 'Far')`,
    [role ?? null],
  );
  return tenancy.registry.get('far');
}

const databaseOf = ({ connectionString }: TestDatabase) =>
  new URL(connectionString).pathname.slice(1);

describe('two databases, with schemas', () => {
  const other = useDatabase();
  const tenancy = useTenancy({ sharedSchemas: ['shared'] }, undefined, (main) =>
    Promise.resolve({
      placements: {
        main: { connectionString: main },
        other: { connectionString: other.connectionString },
      },
    }),
  );
  const accounts = useAccounts();
  let far: Tenant;

  beforeAll(async () => {
    await tenancy.database.query('create schema shared');
    await tenancy.tenants.create({ slug: 'near' });
    far = await settle(tenancy, other);
  });

  /** The same two, with settings of their logins. */
  const over = (
    { main, far: there }: { main?: PlacementConfig; far?: PlacementConfig },
    options: ConnectionManagerOptions = {},
  ) =>
    accounts.connect({
      placements: {
        main: { connectionString: tenancy.database.connectionString, ...main },
        other: { connectionString: other.connectionString, ...there },
      },
      ...options,
    });

  const verify = (connections: ConnectionManager, placement?: string) =>
    verifyIsolation(connections, new TenantRegistry(connections), placement);

  it('are asked without a tenant where it is said which', async () => {
    const { connections } = tenancy;
    const names = async (placement?: string) => {
      const pool = placement === undefined ? connections.pool : connections.poolIn(placement);
      const separate = connections.separateClient(placement);
      await separate.connect();
      const answers = [
        await connections.unscopedQuery(NAME, undefined, placement),
        await connections.adminQuery(NAME, undefined, placement),
        await withoutTenant(() => pool.query(NAME)),
        await separate.query(NAME),
      ];
      await separate.end();
      return new Set(answers.map(({ rows }) => rows[0]?.name as unknown));
    };
    expect(await names()).toEqual(new Set([databaseOf(tenancy.database)]));
    expect(await names('main')).toEqual(new Set([databaseOf(tenancy.database)]));
    expect(await names('other')).toEqual(new Set([databaseOf(other)]));
    for (const asked of [
      connections.unscopedQuery(NAME, [], 'nowhere'),
      connections.adminQuery(NAME, [], 'nowhere'),
    ]) {
      await expect(asked).rejects.toMatchObject({ code: 'CONFIGURATION_INVALID' });
    }
  });

  it('have transactions of the admin login in each', async () => {
    const { rows } = await adminTransaction(own(tenancy.connections), 'other', (client) =>
      client.query(NAME),
    );
    expect(rows).toEqual([{ name: databaseOf(other) }]);
  });

  it('send what runs as a tenant where the tenant lives, whichever pool it is sent on', async () => {
    const near = await tenancy.registry.get('near');
    for (const [tenant, database] of [
      [near, tenancy.database],
      [far, other],
    ] as const) {
      for (const pool of [tenancy.connections.pool, tenancy.connections.poolIn('other')]) {
        const { rows } = await runWithTenant(tenant, () => pool.query(NAME));
        expect(rows).toEqual([{ name: databaseOf(database) }]);
      }
    }
  });

  describe('at start', () => {
    it('are each found fit', async () => {
      await expect(verify(over({}))).resolves.toEqual({ warnings: [] });
      await expect(verify(over({}), 'other')).resolves.toEqual({ warnings: [] });
      await expect(verify(over({}), 'nowhere')).rejects.toMatchObject({
        code: 'CONFIGURATION_INVALID',
      });
    });

    it.each([
      ['standard_conforming_strings=off', /standard_conforming_strings/],
      ['search_path=tenant_far', /has the schema of the tenant far/],
    ])('are each found unfit: %s', async (setting, problem) => {
      const connections = over({ far: { options: `-c ${setting}` } });
      await expect(verify(connections)).resolves.toEqual({ warnings: [] });
      await expect(verify(connections, 'other')).rejects.toMatchObject(unsafe(problem));
    });

    it('are not mixed up: a name that is a tenant’s in one is nobody’s in the other', async () => {
      await tenancy.database.query('create schema tenant_far');
      const connections = over({ main: { options: '-c search_path=tenant_far' } });
      await expect(verify(connections)).resolves.toEqual({ warnings: [] });
      await tenancy.database.query('drop schema tenant_far');
    });

    it('each have schemas that tenants share', async () => {
      const connections = over({}, { sharedSchemas: ['shared'] });
      await expect(verify(connections)).resolves.toEqual({ warnings: [] });
      await expect(verify(connections, 'other')).resolves.toEqual({
        warnings: [expect.stringMatching('shared schema shared does not exist')],
      });
      await other.query(
        `create schema shared; create table shared.countries (); create table shared.towns ();
         create table tenant_far.towns (); create table public.countries ()`,
      );
      await expect(verify(connections)).resolves.toEqual({ warnings: [] });
      await expect(verify(connections, 'other')).resolves.toEqual({
        warnings: [expect.stringMatching(/which then reads its own: towns\.$/)],
      });
      await other.query('drop schema shared cascade; drop table tenant_far.towns');
      const declared = over({}, { sharedSchemas: ['tenant_far'] });
      const registry = new TenantRegistry(declared, { schemaPrefix: 'own_' });
      await expect(verifyIsolation(declared, registry, 'other')).rejects.toMatchObject(
        unsafe(/tenant_far of the tenant far is declared shared/),
      );
    });
  });

  describe('each have a canary', () => {
    const canaries = async (database: TestDatabase) =>
      (await database.query("select nspname from pg_namespace where nspname like '%-canary'"))
        .length;

    it('which is made where it looks, by several processes at once', async () => {
      const reports = await Promise.all(
        Array.from({ length: 5 }, () => {
          const connections = over({});
          const registry = new TenantRegistry(connections);
          return new IsolationMonitor(connections, registry, { placement: 'other' }).check();
        }),
      );
      for (const report of reports) {
        expect(report).toMatchObject({ tenants: 1, violations: [], error: undefined });
      }
      expect([await canaries(tenancy.database), await canaries(other)]).toEqual([0, 1]);
      const { connections, registry } = tenancy;
      const inMain = await new IsolationMonitor(connections, registry).check();
      expect(inMain).toMatchObject({ tenants: 1, violations: [], error: undefined });
      expect([await canaries(tenancy.database), await canaries(other)]).toEqual([1, 1]);
    });

    it('which is seen by nobody there', async () => {
      const { connections, registry } = tenancy;
      await other.query(
        'create view tenant_far.mt_isolation_canary as select * from "tenancy-canary".mt_isolation_canary',
      );
      const there = await new IsolationMonitor(connections, registry, {
        placement: 'other',
      }).check();
      expect(there.violations).toHaveLength(2);
      expect(there.violations.join()).toMatch(/the tenant far sees the canary’s row/);
      expect((await new IsolationMonitor(connections, registry).check()).violations).toEqual([]);
      await other.query('drop view tenant_far.mt_isolation_canary');

      await other.query(
        `create view public.mt_isolation_canary as select * from "tenancy-canary".mt_isolation_canary`,
      );
      const nobody = over({});
      const report = await new IsolationMonitor(nobody, new TenantRegistry(nobody), {
        placement: 'other',
        sample: 0,
      }).check();
      expect(report.violations).toEqual(['code without a tenant sees the canary’s row']);
      await other.query('drop view public.mt_isolation_canary');
    });

    it('in a placement that there is', () => {
      const { connections, registry } = tenancy;
      expect(() => new IsolationMonitor(connections, registry, { placement: 'nowhere' })).toThrow(
        /no placement "nowhere"/,
      );
    });
  });

  describe('do not have a ledger each', () => {
    const refusal = unsafe(/in the placement "main" only, and not in "other"/);

    it('so no tenant is created without one, and nothing is left of the attempt', async () => {
      const creating = tenancy.tenants.create({ slug: 'farther', placement: 'other' });
      await expect(creating).rejects.toMatchObject(refusal);
      expect(await tenancy.registry.find('farther')).toBeUndefined();
      const made = "select from pg_namespace where nspname like '%farther%'";
      expect(await other.query(made)).toEqual([]);
      expect(await tenancy.database.query(made)).toEqual([]);
    });

    it('so none is migrated past it', async () => {
      await expect(tenancy.migrator.migrateTenant(far)).rejects.toMatchObject(refusal);
      const report = await tenancy.migrator.migrate({ continueOnError: true });
      expect(report).toMatchObject({ total: 1, migrated: 0, remaining: 1 });
      expect(report.failed).toMatchObject([{ tenant: { slug: 'far' }, error: refusal }]);
      expect(
        await other.query('select from pg_tables where schemaname = $1', [far.schema]),
      ).toEqual([]);
    });
  });
});

describe('two databases, with roles', () => {
  const other = useDatabase();
  let there: Logins;
  const tenancy = useTenancy({ isolation: 'role' }, undefined, async (superuser) => {
    const main = await createLogins(superuser);
    there = await createLogins(other.connectionString);
    return {
      placements: {
        main: {
          connectionString: main.connectionString,
          admin: { connectionString: main.adminConnectionString },
        },
        other: { connectionString: there.connectionString },
      },
    };
  });
  const accounts = useAccounts();
  let far: Tenant;

  beforeAll(async () => {
    await tenancy.tenants.create({ slug: 'near' });
    const role = `far_${process.pid}`;
    await other.query(`create role ${role}; grant ${role} to app with inherit false, set true`);
    far = await settle(tenancy, other, role);
    await other.query(`grant usage on schema tenant_far to ${role}`);
  });

  const verify = (placement?: string) =>
    verifyIsolation(tenancy.connections, tenancy.registry, placement);

  it('have logins of their own', async () => {
    const connections = accounts.connect({
      isolation: 'role',
      placements: {
        main: { connectionString: tenancy.database.connectionString },
        other: {
          connectionString: there.connectionString,
          admin: { connectionString: there.adminConnectionString },
        },
      },
    });
    expect(await applicationRole(own(connections), 'main')).toBe('postgres');
    expect(await applicationRole(own(connections), 'other')).toBe('app');
    expect(connections.hasAdmin).toBe(false);
    expect(connections.placement('other').hasAdmin).toBe(true);
  });

  it('each have rights to be taken away', async () => {
    const [name] = await other.query<{ name: string }>(NAME);
    await other.query(`revoke temporary on database ${name?.name} from public`);
    const temporary = /^revoke temporary/;
    const inMain = await missingRoleHardening(tenancy.connections);
    const elsewhere = await missingRoleHardening(tenancy.connections, 'other');
    expect(inMain.some((statement) => temporary.test(statement))).toBe(true);
    expect(elsewhere.some((statement) => temporary.test(statement))).toBe(false);
    expect(inMain.join()).toContain('app_owner');
    // There this process has no other login.
    expect(elsewhere.join()).not.toContain('app_owner');
  });

  it('are each found fit, and unfit, by what the login may do there', async () => {
    await expect(verify()).resolves.toEqual({ warnings: [] });
    await expect(verify('other')).resolves.toEqual({ warnings: [] });
    await other.query('grant usage on schema tenant_far to app');
    await expect(verify()).resolves.toEqual({ warnings: [] });
    await expect(verify('other')).rejects.toMatchObject(
      unsafe(/rights of its own on tenants’ schemas \(far/),
    );
    await other.query('revoke usage on schema tenant_far from app');
    await other.query('alter schema tenant_far owner to app');
    await expect(verify()).resolves.toEqual({ warnings: [] });
    await expect(verify('other')).rejects.toMatchObject(
      unsafe(/the owner of tenants’ schemas \(app\)/),
    );
    await other.query('alter schema tenant_far owner to postgres');
  });

  it('each have tenants without a role', async () => {
    await tenancy.database.query("update tenancy.tenants set role_name = null where slug = 'far'");
    await expect(verify()).resolves.toEqual({ warnings: [] });
    await expect(verify('other')).resolves.toEqual({
      warnings: [expect.stringMatching('without a role, which are not served: 1')],
    });
    await tenancy.database.query('update tenancy.tenants set role_name = $1 where slug = $2', [
      far.role,
      'far',
    ]);
  });

  it('each have a canary, which several processes may make at once', async () => {
    const { connectionString, adminConnectionString } = there;
    const reports = await Promise.all(
      Array.from({ length: 8 }, () => {
        const connections = accounts.connect({
          isolation: 'role',
          placements: {
            main: { connectionString: tenancy.database.connectionString },
            other: { connectionString, admin: { connectionString: adminConnectionString } },
          },
        });
        const registry = new TenantRegistry(connections);
        return new IsolationMonitor(connections, registry, { placement: 'other' }).check();
      }),
    );
    for (const report of reports) {
      expect(report).toMatchObject({ tenants: 1, violations: [], error: undefined });
    }
  });

  it('do not have a ledger each, so roles are given where it is', async () => {
    await expect(tenancy.tenants.createRoles()).rejects.toMatchObject(
      unsafe(/in the placement "main" only, and not in "other"/),
    );
  });
});
