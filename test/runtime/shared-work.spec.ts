import 'reflect-metadata';
import { EventEmitter } from 'node:events';
import DataLoader from 'dataloader';
import pLimit from 'p-limit';
import {
  bindTenant,
  ConnectionManager,
  currentTenant,
  onDiagnostics,
  perTenant,
  runWithTenant,
  type LateStatementEvent,
  type Tenant,
} from '@mt/runtime';
import { openStore, ORMS } from '../support/orms.js';
import { useTenancy } from '../support/tenancy.js';
import { BARE, useTwoTenants } from '../support/two-tenants.js';

// Work that requests hand to something they share runs as whoever comes by.
const two = useTwoTenants(useTenancy({ max: 4 }));

const owners = async () =>
  (await two.pool.query<{ owner: string }>(BARE)).rows.map(({ owner }) => owner);

/** What each of the tenants gets from the same work at the same time. */
function ofEach<T>(work: () => Promise<T>): Promise<T[]> {
  return Promise.all([two.acme, two.globex].map((tenant) => runWithTenant(tenant, work)));
}

const OWN = [['acme'], ['globex']];

describe('a limiter', () => {
  it('that is shared runs what waits as whoever came before', async () => {
    const limit = pLimit(1);
    expect(await ofEach(() => limit(owners))).toEqual([['acme'], ['acme']]);
  });

  it('runs each as itself where its work is bound', async () => {
    const limit = pLimit(1);
    expect(await ofEach(() => limit(bindTenant(owners)))).toEqual(OWN);
  });

  it('runs each as itself where each has its own', async () => {
    const limits = perTenant(() => pLimit(1));
    const twice = () => Promise.all([limits()(owners), limits()(owners)]);
    expect(await ofEach(twice)).toEqual(OWN.map((own) => [own, own]));
  });
});

describe('a loader', () => {
  const read = async (ids: readonly number[]) => {
    const { rows } = await two.pool.query<{ id: number; owner: string }>(
      'select id, owner from items where id = any($1)',
      [ids],
    );
    return ids.map((id) => rows.find((row) => row.id === id)?.owner);
  };

  it('that is shared reads the rows of one tenant for all', async () => {
    const loader = new DataLoader(read);
    expect(await ofEach(() => loader.load(1))).toEqual(['acme', 'acme']);
  });

  it('reads each tenant’s own where each has one', async () => {
    const loaders = perTenant(() => new DataLoader(read));
    expect(await ofEach(() => loaders().load(1))).toEqual(['acme', 'globex']);
  });
});

it('a listener runs as the tenant it is bound to', async () => {
  const emitter = new EventEmitter();
  const heard: Promise<string[]>[] = [];
  runWithTenant(two.acme, () =>
    emitter.on(
      'changed',
      bindTenant(() => heard.push(owners())),
    ),
  );
  runWithTenant(two.globex, () => emitter.emit('changed'));
  expect(await Promise.all(heard)).toEqual([['acme']]);
});

describe('a statement whose request has been answered', () => {
  const request = { answered: false };
  const isOver = () => request.answered;
  let told: LateStatementEvent[];
  let stop: () => void;
  let refusing: ConnectionManager;

  beforeEach(() => {
    request.answered = false;
    told = [];
    stop = onDiagnostics('late-statement', (event) => told.push(event));
  });
  afterEach(() => stop());
  beforeAll(() => {
    refusing = new ConnectionManager({
      connectionString: two.database.connectionString,
      lateStatements: 'refuse',
    });
  });
  afterAll(() => refusing.close());

  /** Answers the request, and goes on. */
  const late = <T>(tenant: Tenant, work: () => Promise<T>) =>
    runWithTenant(
      tenant,
      async () => {
        request.answered = true;
        return work();
      },
      { isOver },
    );

  it.each(ORMS)('is told with the place that has sent it, through %s', async (orm) => {
    const store = await openStore(orm, two.connections);
    await runWithTenant(two.acme, () => store.all(), { isOver });
    expect(told).toEqual([]);

    expect(await late(two.acme, () => store.all())).toMatchObject([{ owner: 'acme' }]);
    await store.close();
    expect(told.length).toBeGreaterThan(0);
    for (const { tenant, error } of told) {
      expect(tenant).toBe(two.acme);
      expect(error).toMatchObject({ code: 'STATEMENT_LATE', tenant: 'acme' });
      expect(error.stack).toContain('LateStatementError');
    }
  });

  it.each(ORMS)('is refused where the application wants that, through %s', async (orm) => {
    const store = await openStore(orm, refusing);
    const failure = await late(two.acme, () => store.insert('acme')).catch((error) => error);
    await store.close();
    const chain = [failure, (failure as Error).cause];
    expect(chain).toContainEqual(expect.objectContaining({ code: 'STATEMENT_LATE' }));
    expect(await two.owners(two.acme)).toEqual(['acme']);
    expect(refusing.getActiveCount()).toBe(0);
  });

  it('does not keep a transaction from ending that was begun in time', async () => {
    await runWithTenant(
      two.acme,
      async () => {
        const client = await refusing.pool.connect();
        await client.query('begin');
        await client.query(`insert into items (owner) values ('in time')`);
        request.answered = true;
        await expect(client.query(BARE)).rejects.toMatchObject({ code: 'STATEMENT_LATE' });
        await client.query('commit');
        client.release();
      },
      { isOver },
    );
    expect(await two.owners(two.acme)).toEqual(['acme', 'in time']);
  });

  it('is none where the work was given a run of its own', async () => {
    await late(two.acme, async () => {
      expect(await runWithTenant(currentTenant(), owners)).toEqual(['acme']);
    });
    expect(told).toEqual([]);
  });

  it('is told where something shared runs it as the tenant of an answered request', async () => {
    const limit = pLimit(1);
    const first = runWithTenant(
      two.acme,
      () => limit(owners).then(() => (request.answered = true)),
      { isOver },
    );
    // The limiter begins the next before the first is told of its end.
    const others = [1, 2].map(() => runWithTenant(two.globex, () => limit(owners)));
    await Promise.all([first, ...others]);
    expect(told.map(({ tenant }) => tenant.slug)).toEqual(['acme']);
  });
});
