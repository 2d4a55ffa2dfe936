import { setTimeout as delay } from 'node:timers/promises';
import {
  isRetryable,
  runWithTenant,
  withoutTenant,
  type ConnectionManager,
  type Tenant,
  type TenantClient,
} from '@mt/runtime';
import Cursor from 'pg-cursor';
import QueryStream from 'pg-query-stream';
import { useAccounts } from '../../support/accounts.js';
import { eventually } from '../../support/eventually.js';
import { startRelay } from '../../support/relay.js';
import { useTenancy } from '../../support/tenancy.js';
import { startWireServer, WELCOME, wire, type WireServer } from '../../support/wire-server.js';

// A statement whose connection is lost: retryable where nothing of it can have been kept, looked at
// afterwards in the database.

const tenancy = useTenancy();
const accounts = useAccounts();
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

beforeEach(() => tenancy.database.query(`truncate ${acme.schema}.items`));

const INSERT = `insert into items (owner) values ('mark')`;
const SLOW = `insert into items (owner) select 'mark' from pg_sleep(20)`;

/** Sends one statement after another, and leaves the client as it is. */
function inOrder(...texts: string[]) {
  return async (client: TenantClient) => {
    for (const text of texts) await client.query(text);
  };
}

interface Way {
  readonly send: (client: TenantClient) => Promise<unknown>;
  readonly retryable: boolean;
}

/** Each waits in its last statement, or at the end of its text. */
const ways: Record<string, Way> = {
  'a statement': { send: inOrder(SLOW), retryable: false },
  'a statement with values': {
    send: (client) =>
      client.query('insert into items (owner) select $1 from pg_sleep(20)', ['mark']),
    retryable: false,
  },
  'several statements': { send: inOrder(`${INSERT}; ${SLOW}`), retryable: false },
  'a statement in a transaction': { send: inOrder('begin', INSERT, SLOW), retryable: true },
  'a savepoint of a transaction': {
    send: inOrder('begin', 'savepoint one', INSERT, 'rollback to savepoint one', SLOW),
    retryable: true,
  },
  'a text that begins a transaction': {
    send: inOrder(`begin; ${INSERT}; ${SLOW}`),
    retryable: true,
  },
  'a text that begins and commits': {
    send: inOrder(`begin; ${INSERT}; ${SLOW}; commit`),
    retryable: false,
  },
  'a text that begins and rolls back': {
    send: inOrder(`begin; ${SLOW}; rollback`),
    retryable: true,
  },
  'a text behind what it rolls back': {
    send: inOrder('begin', INSERT, `rollback; ${SLOW}`),
    retryable: false,
  },
  'a text that commits and goes on': {
    send: inOrder('begin', INSERT, `commit; ${SLOW}`),
    retryable: false,
  },
  'a text that commits and chains': {
    send: inOrder('begin', INSERT, `commit and chain; ${SLOW}`),
    retryable: false,
  },
  'a transaction that was chained': {
    send: inOrder('begin', 'commit and chain', SLOW),
    retryable: true,
  },
  'a cursor': {
    send: async (client) => client.query(new Cursor('select pg_sleep(20)')).read(1),
    retryable: false,
  },
  'a cursor in a transaction': {
    send: async (client) => {
      await client.query('begin');
      return client.query(new Cursor('select pg_sleep(20)')).read(1);
    },
    retryable: true,
  },
  'a query stream in a transaction': {
    send: async (client) => {
      await client.query('begin');
      for await (const row of client.query(new QueryStream('select pg_sleep(20)'))) void row;
    },
    retryable: true,
  },
};

async function outcomeOf(connections: ConnectionManager, way: Way): Promise<unknown> {
  return runWithTenant(acme, async () => {
    const client = await connections.pool.connect();
    try {
      await way.send(client);
      return undefined;
    } catch (error) {
      return error;
    } finally {
      client.release();
    }
  });
}

const isAsleep = `application_name = 'lost' and state = 'active' and wait_event = 'PgSleep'`;

describe.each(Object.entries(ways))('%s', (_, way) => {
  it('that is terminated by the server', async () => {
    const { connectionString } = tenancy.database;
    const connections = accounts.connect({ connectionString, applicationName: 'lost' });
    const outcome = outcomeOf(connections, way);
    await eventually(async () => {
      const ended = await tenancy.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where ${isAsleep}`,
      );
      return ended.length > 0;
    });
    const error = await outcome;
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: way.retryable });
    expect(isRetryable(error)).toBe(way.retryable);
    await expectNothingKeptWhere(isRetryable(error));
  });

  it('that is cut off on the way', async () => {
    const relay = await startRelay(tenancy.database.connectionString);
    const { connectionString } = relay;
    const connections = accounts.connect({ connectionString, applicationName: 'lost' });
    const outcome = outcomeOf(connections, way);
    await eventually(
      async () =>
        (await tenancy.database.query(`select from pg_stat_activity where ${isAsleep}`)).length > 0,
    );
    await relay.close();
    const error = await outcome;
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: way.retryable });
    await eventually(async () => {
      await tenancy.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'lost'`,
      );
      const left = await tenancy.database.query(
        `select from pg_stat_activity where application_name = 'lost'`,
      );
      return left.length === 0;
    });
    await expectNothingKeptWhere(isRetryable(error));
  });
});

async function expectNothingKeptWhere(retryable: boolean): Promise<void> {
  if (!retryable) return;
  await expect(tenancy.database.query(`select from ${acme.schema}.items`)).resolves.toEqual([]);
}

it('that was done, and whose answer was lost, is not said to be safe to do again', async () => {
  const relay = await startRelay(tenancy.database.connectionString);
  const connections = accounts.connect({ connectionString: relay.connectionString });
  await runWithTenant(acme, () => connections.pool.query('select 1'));
  relay.deafen();
  const lost = runWithTenant(acme, () => connections.pool.query(INSERT)).catch(
    (error: unknown) => error,
  );
  await eventually(
    async () => (await tenancy.database.query(`select from ${acme.schema}.items`)).length === 1,
  );
  await relay.close();
  expect(await lost).toMatchObject({ code: 'CONNECTION_LOST', retryable: false });
});

it('that comes on a client whose connection is gone was not sent', async () => {
  const { connectionString } = tenancy.database;
  const connections = accounts.connect({ connectionString, applicationName: 'gone' });
  await runWithTenant(acme, async () => {
    const client = await connections.pool.connect();
    await client.query('select 1');
    await tenancy.database.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'gone'`,
    );
    await delay(100);
    await expect(client.query(INSERT)).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      retryable: true,
    });
    client.release();
  });
  await expectNothingKeptWhere(true);
});

it.each<[string, string[]]>([
  ['idle_in_transaction_session_timeout', ['begin', INSERT]],
  ['transaction_timeout', ['begin', INSERT]],
])('behind a %s can be done again', async (setting, texts) => {
  const { connectionString } = tenancy.database;
  const connections = accounts.connect({
    connectionString,
    pool: { options: `-c ${setting}=100` },
  });
  await runWithTenant(acme, async () => {
    const client = await connections.pool.connect();
    for (const text of texts) await client.query(text);
    await delay(250);
    const error = await client.query('commit').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST' });
    client.release();
  });
  await expectNothingKeptWhere(true);
});

describe('what a server or a pooler says last', () => {
  let server: WireServer;
  let says: Buffer[] = [];
  let closes = true;
  let inTransaction = false;

  beforeEach(async () => {
    inTransaction = false;
    server = await startWireServer(({ type, body }, session) => {
      if (type === '') return session.send(...WELCOME);
      if (type === 'X') return session.end();
      // Statements as text begin and end transactions here, those with values are the others.
      if (type === 'Q' && /^begin/i.test(body.toString())) {
        inTransaction = true;
        return session.send(wire.complete('BEGIN'), wire.complete('SET'), wire.ready('T'));
      }
      if (type !== 'Q' && type !== 'S') return undefined;
      if (closes) session.end(...says);
      else session.send(...says, wire.ready(inTransaction ? 'E' : 'I'));
      return undefined;
    });
  });

  afterEach(async () => {
    await accounts.settle();
    await server.close();
  });

  const ask = async (transaction: boolean) => {
    const connections = accounts.connect({ connectionString: server.connectionString, max: 1 });
    const error = await withoutTenant(async () => {
      const client = await connections.pool.connect();
      try {
        if (transaction) await client.query('begin');
        return await client.query('select $1', [1]).catch((failure: unknown) => failure);
      } finally {
        client.release();
      }
    });
    return { error, open: connections.getTotalCount() };
  };

  const STATES = ['08P01', '08003', '08006', '58000', '57P01', '57P05', 'XX000', '53300', '40001'];

  it.each(STATES)('is the loss of the connection by its end, with %s', async (state) => {
    for (const severity of ['FATAL', 'PANIC', 'ФАТАЛЬНАЯ', '致命错误', 'ERROR']) {
      says = [wire.error(state, 'It is over.', severity)];
      closes = true;
      for (const transaction of [false, true]) {
        const { error } = await ask(transaction);
        expect(error).toMatchObject({
          code: 'CONNECTION_LOST',
          retryable: transaction,
          cause: { code: state },
        });
        expect(isRetryable(error)).toBe(transaction);
      }
    }
  });

  it.each(STATES)('is an error like others where it goes on, with %s', async (state) => {
    for (const severity of ['ERROR', 'ОШИБКА', 'FEHLER']) {
      says = [wire.error(state, 'It goes on.', severity)];
      closes = false;
      const { error, open } = await ask(false);
      expect(error).toMatchObject({ code: state, severity });
      expect(isRetryable(error)).toBe(state === '40001');
      expect(open).toBe(1);
    }
  });

  it.each([
    'query_wait_timeout',
    'client_login_timeout (server down)',
    'server login has been failing, cached error: connect failed (server_login_retry)',
  ])('where PgBouncer says that it sent nothing, it can be done again: %s', async (message) => {
    says = [wire.error('08P01', message, 'FATAL')];
    closes = true;
    expect((await ask(false)).error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
  });

  it('that never says whether it is ready costs the connection, and answers', async () => {
    says = [wire.error('22012', 'It stands still.')];
    closes = false;
    const silent = await startWireServer(({ type }, session) => {
      if (type === '') session.send(...WELCOME);
      if (type === 'Q' || type === 'S') session.send(...says);
    });
    const connections = accounts.connect({ connectionString: silent.connectionString });
    const error = await connections.unscopedQuery('select 1').catch((failure: unknown) => failure);
    expect(error).toMatchObject({ code: '22012' });
    expect(connections.getTotalCount()).toBe(0);
    await silent.close();
  });
});
