import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import type { Logins } from '@mt/runtime/embedded';
import {
  describeWithPgBouncer,
  startPgBouncer,
  type PgBouncer,
  type PgBouncerOptions,
} from '../../support/pgbouncer.js';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { useTenancy } from '../../support/tenancy.js';
import { decoys, DECOYS, fill, OBJECTS, SHARED, UNTOUCHED } from './objects.js';
import { PROBES } from './probes.js';
import {
  openSenders,
  senderNames,
  type OpenSenders,
  type OwnerRow,
  type Sender,
} from './senders.js';

// One meaning for every statement: names are found in the tenant's schema, then in what is shared,
// then in pg_catalog, however a statement is written and sent and whatever ran before it. In `public`,
// which is not shared here, there is all of it again, and nobody may reach it.

interface Way {
  readonly isolation: 'schema' | 'role';
  readonly pooler?: Omit<PgBouncerOptions, 'connectionString'>;
}

const ONE_FOR_ALL = { poolMode: 'transaction', serverConnections: 1 } as const;
const ONE_EACH = { poolMode: 'session', serverConnections: 5 } as const;

describe.each([{ isolation: 'schema' }, { isolation: 'role' }] satisfies Way[])(
  'under $isolation isolation',
  describeNames,
);

describeWithPgBouncer.each([
  { isolation: 'schema', pooler: ONE_FOR_ALL },
  { isolation: 'role', pooler: ONE_FOR_ALL },
  { isolation: 'role', pooler: ONE_EACH },
] satisfies Way[])(
  'under $isolation isolation, behind PgBouncer in $pooler.poolMode mode',
  describeNames,
);

function describeNames({ isolation, pooler }: Way): void {
  const use = isolation === 'role' ? useRoleTenancy : useTenancy;
  const options = { max: 2, sharedSchemas: ['shared'] };
  const tenancy = use(options, OBJECTS);
  const tenants: Tenant[] = [];
  let bouncer: PgBouncer | undefined;
  let connections: ConnectionManager;
  let open: OpenSenders;

  beforeAll(async () => {
    await tenancy.database.query(SHARED);
    for (const slug of ['acme', 'globex']) tenants.push(await tenancy.tenants.create({ slug }));
    await tenancy.database.query(DECOYS);
    connections = tenancy.connections;
    if (pooler) {
      const { connectionString } =
        'logins' in tenancy ? (tenancy.logins as Logins) : tenancy.database;
      bouncer = await startPgBouncer({ connectionString, ...pooler });
      connections = new ConnectionManager({
        connectionString: bouncer.connectionString,
        isolation,
        ...options,
      });
    }
    open = await openSenders(connections);
  });
  afterAll(async () => {
    await open.close();
    if (bouncer) await connections.close();
    await bouncer?.stop();
  });
  beforeEach(() => fill(tenancy.database, tenants));
  afterEach(async () => {
    expect(await decoys(tenancy.database)).toEqual(UNTOUCHED);
    expect(connections.getActiveCount()).toBe(0);
  });

  it.each(senderNames())('names are the tenant’s: %s', async (name) => {
    const sender = open.senders.find((each) => each.name === name) as Sender;
    const wrong: unknown[] = [];
    for (const probe of PROBES) {
      if (sender.onlyReads && !probe.reads) continue;
      for (const text of [probe.marked, probe.bare]) {
        if (text === undefined) continue;
        for (const tenant of [...tenants, ...tenants]) {
          const found = await runWithTenant(tenant, () => sender.send(text)).then(
            ([row]: OwnerRow[]) => row?.owner,
            (error: Error) => error.message,
          );
          if (found !== tenant.slug)
            wrong.push({ probe: probe.name, text, found, is: tenant.slug });
        }
      }
    }
    expect(wrong).toEqual([]);
  });
}
