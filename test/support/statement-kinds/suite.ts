import type pg from 'pg';
import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { randomFrom } from '../../soak/random.mjs';
import {
  describeWithPgBouncer,
  startPgBouncer,
  type PgBouncer,
  type PgBouncerOptions,
} from '../pgbouncer.js';
import type { Logins } from '@mt/runtime/embedded';
import { useRoleTenancy } from '../role-tenancy.js';
import { useTenancy, type TestTenancy } from '../tenancy.js';
import { TwoConnectionsPool } from '../unsafe-pools.mjs';
import { fillText, nobodysText, strayText, TABLES, type Library } from './index.mjs';
import type { OwnedRow, StatementKind, StatementKinds } from './types.mjs';

const SLUGS = ['acme', 'globex', 'initech'];
const CLIENTS = 20;
/** Fewer than tenants, so that they meet on them. */
const CONNECTIONS = 2;

/** How the statements get to the server. */
interface Way {
  readonly isolation: 'schema' | 'role';
  readonly pooler?: Omit<PgBouncerOptions, 'connectionString'>;
}

const DIRECT: readonly Way[] = [{ isolation: 'schema' }, { isolation: 'role' }];
const ONE_FOR_ALL = { poolMode: 'transaction', serverConnections: 1 } as const;
const ONE_EACH = { poolMode: 'session', serverConnections: CONNECTIONS } as const;
const BEHIND_PGBOUNCER: readonly Way[] = [
  { isolation: 'schema', pooler: ONE_FOR_ALL },
  { isolation: 'role', pooler: ONE_FOR_ALL },
  { isolation: 'schema', pooler: ONE_EACH },
  { isolation: 'role', pooler: ONE_EACH },
];

export interface StatementSuite {
  readonly tenancy: TestTenancy;
  readonly tenants: readonly Tenant[];
  /** What the statements go through: the tenancy's own, or others that go through PgBouncer. */
  readonly connections: ConnectionManager;
  /** The library, opened over them. */
  readonly opened: StatementKinds;
}

/** Tenants with the tables of all kinds, and a library that is open. */
export function useStatementKinds(library: Library, { isolation, pooler }: Way): StatementSuite {
  const use = isolation === 'role' ? useRoleTenancy : useTenancy;
  const options = { max: CONNECTIONS, connectionTimeoutMs: 60_000 };
  const tenancy = use(options, TABLES);
  const suite = { tenancy } as { -readonly [K in keyof StatementSuite]: StatementSuite[K] };
  let bouncer: PgBouncer | undefined;
  beforeAll(async () => {
    suite.tenants = await inTurn(SLUGS, (slug) => tenancy.tenants.create({ slug }));
    await tenancy.database.query(nobodysText());
    suite.connections = tenancy.connections;
    if (pooler) {
      const { connectionString } =
        'logins' in tenancy ? (tenancy.logins as Logins) : tenancy.database;
      bouncer = await startPgBouncer({ connectionString, ...pooler });
      suite.connections = new ConnectionManager({
        connectionString: bouncer.connectionString,
        isolation,
        ...options,
      });
    }
    suite.opened = await library.open(suite.connections);
  });
  beforeEach(() => inTurn(suite.tenants, (tenant) => tenancy.database.query(fillText(tenant))));
  afterAll(async () => {
    await suite.opened.close();
    if (bouncer) await suite.connections.close();
    await bouncer?.stop();
  });
  return suite;
}

/** What has to hold for each library, under either isolation, with and without a pooler. */
export function describeStatementKinds(library: Library): void {
  describe.each(DIRECT)('under $isolation isolation', (way) => {
    const suite = useStatementKinds(library, way);
    describeKinds(library, suite);

    it.each(library.names)('is an error without a context: %s', async (name) => {
      const failure = await find(suite.opened, name)
        .run('acme', randomFrom(1))
        .then(
          () => new Error('It was sent.'),
          (error: unknown) => error,
        );

      expect(codes(failure)).toContain('TENANT_CONTEXT_MISSING');
      await expectWholePool(suite);
    });
  });

  describeWithPgBouncer.each(BEHIND_PGBOUNCER)(
    'under $isolation isolation, behind PgBouncer in $pooler.poolMode mode',
    (way) => describeKinds(library, useStatementKinds(library, way)),
  );
}

function describeKinds(library: Library, suite: StatementSuite): void {
  it.each(library.names)('each tenant gets its own: %s', async (name) => {
    const kind = find(suite.opened, name);
    const [acme, globex] = await inTurn(suite.tenants.slice(0, 2), async (tenant) => {
      const rows = await runWithTenant(tenant, () => kind.run(tenant.slug, randomFrom(1)));
      expect(rows.filter((row) => !isOf(tenant, row))).toEqual([]);
      return rows.map((row) => JSON.stringify(row).replaceAll(tenant.slug, 'its own')).toSorted();
    });

    expect(acme?.length).toBeGreaterThan(0);
    expect(globex).toEqual(acme);
    expect(await strays(suite)).toEqual([]);
    expect(suite.connections.getActiveCount()).toBe(0);
  });

  it('are kept apart where all kinds of all tenants are interleaved', async () => {
    const { reads, leaks, failures } = await interleave(suite.opened.kinds, suite.tenants);

    expect(failures).toEqual([]);
    expect(leaks).toEqual([]);
    expect(reads).toBeGreaterThan(CLIENTS * library.names.length);
    expect(await strays(suite)).toEqual([]);
    await expectWholePool(suite);
  });
}

/** The harness finds leaks where there are some. */
export function describeUnsafePool(library: Library): void {
  const suite = useStatementKinds(library, { isolation: 'schema' });

  it('tenants are mixed up by an unsafe pool', async () => {
    const pool = new TwoConnectionsPool(suite.tenancy.database.connectionString);
    const opened = await library.openOver(pool as unknown as pg.Pool);
    const { leaks } = await interleave(opened.kinds, suite.tenants);
    const misplaced = await strays(suite);
    await opened.close();
    await pool.end();

    expect(leaks.length).toBeGreaterThan(0);
    expect(misplaced.length).toBeGreaterThan(0);
  });
}

interface Outcome {
  reads: number;
  /** Rows that somebody read and that are another's. */
  leaks: string[];
  failures: unknown[];
}

/** Clients of all tenants at once, each of which does everything, in an order of its own. */
async function interleave(
  kinds: readonly StatementKind[],
  tenants: readonly Tenant[],
): Promise<Outcome> {
  const outcome: Outcome = { reads: 0, leaks: [], failures: [] };
  const run = async (kind: StatementKind, tenant: Tenant, random: Random) => {
    try {
      const rows = await kind.run(tenant.slug, random);
      outcome.reads += rows.length;
      for (const row of rows) {
        if (!isOf(tenant, row)) outcome.leaks.push(`${kind.name}: ${JSON.stringify(row)}`);
      }
    } catch (error) {
      outcome.failures.push([kind.name, error]);
    }
  };
  const client = (number: number) => {
    const tenant = tenants[number % tenants.length] as Tenant;
    const random = randomFrom(number);
    return runWithTenant(tenant, () =>
      inTurn(shuffled(kinds, random), (kind) => run(kind, tenant, random)),
    );
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return outcome;
}

/** Whether a row is the tenant's, and so is what hangs on it. */
function isOf({ slug }: Tenant, row: OwnedRow): boolean {
  const text = JSON.stringify(row);
  return (
    row.owner === slug &&
    ![...SLUGS, 'nobody'].some((other) => other !== slug && text.includes(other))
  );
}

type Random = ReturnType<typeof randomFrom>;

function shuffled<T>(list: readonly T[], random: Random): T[] {
  return list
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

/** Rows that lie where they do not belong, also where whoever leaves its schema ends up. */
async function strays({ tenancy, tenants }: StatementSuite): Promise<unknown[]> {
  const places = [...tenants, { schema: 'public', slug: 'nobody' }];
  return (await inTurn(places, (place) => tenancy.database.query(strayText(place)))).flat();
}

/** All connections are there, and can be lent at once. */
async function expectWholePool({ connections, tenants }: StatementSuite): Promise<void> {
  expect(connections.getActiveCount()).toBe(0);
  expect(connections.getWaitingCount()).toBe(0);
  // Under role isolation the admin login has connections of its own.
  expect(connections.pool.totalCount).toBeLessThanOrEqual(CONNECTIONS);
  const [tenant] = tenants as [Tenant];
  await runWithTenant(tenant, async () => {
    const clients = await Promise.all(
      Array.from({ length: CONNECTIONS }, () => connections.pool.connect()),
    );
    for (const client of clients) client.release();
  });
  expect(connections.getActiveCount()).toBe(0);
}

function find({ kinds }: StatementKinds, name: string): StatementKind {
  const kind = kinds.find((each) => each.name === name);
  if (!kind) throw new Error(`There is no kind called ${name}.`);
  return kind;
}

/** The codes of an error and of what it wraps. */
export function codes(error: unknown): unknown[] {
  if (typeof error !== 'object' || error === null) return [];
  const { code, cause, driverError } = error as Record<'code' | 'cause' | 'driverError', unknown>;
  return [code, ...codes(cause), ...(driverError === error ? [] : codes(driverError))];
}

async function inTurn<T, R>(list: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (const item of list) results.push(await work(item));
  return results;
}
