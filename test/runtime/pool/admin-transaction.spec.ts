import { adminTransaction } from '../../../src/lib/connections/admin-transaction.js';
import { ConnectionManager } from '../../../src/lib/connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../../../src/lib/connections/options.js';
import { useDatabase } from '../../support/database.js';

const database = useDatabase();
let connections: ConnectionManager;

beforeAll(() => {
  connections = new ConnectionManager({ connectionString: database.connectionString, max: 1 });
});
afterAll(() => connections.close());

const pid = async () => {
  const { rows } = await connections.unscopedQuery<{ pid: number }>(
    'select pg_backend_pid() as pid',
  );
  return rows[0]?.pid;
};

it('is not taken for one that worked where a failed statement was hidden', async () => {
  const hidden = adminTransaction(connections, DEFAULT_PLACEMENT, async (client) => {
    await client.query('create table hidden ()');
    await client.query('select nonsense').catch(() => undefined);
    return 'done';
  });
  await expect(hidden).rejects.toThrow('rolled back');
  await expect(database.query('select from hidden')).rejects.toMatchObject({ code: '42P01' });
});

it('keeps its connection, rolled back, unless something may have stayed on it', async () => {
  const before = await pid();
  const failure = new Error('of the work');
  await expect(
    adminTransaction(connections, DEFAULT_PLACEMENT, async (client) => {
      await client.query('create table gone ()');
      throw failure;
    }),
  ).rejects.toBe(failure);
  expect(await pid()).toBe(before);
  await expect(database.query('select from gone')).rejects.toMatchObject({ code: '42P01' });

  await adminTransaction(connections, DEFAULT_PLACEMENT, async (client, spoil) => {
    await client.query("set search_path = ''");
    spoil();
  });
  expect(await pid()).not.toBe(before);
  expect(connections.getActiveCount()).toBe(0);
});

it('says whether it can be done again where its connection is lost', async () => {
  const lost = adminTransaction(connections, DEFAULT_PLACEMENT, async (client) => {
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await database.query('select pg_terminate_backend($1)', [rows[0]?.pid]);
    await client.query('select 1');
  });
  await expect(lost).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
  const inDoubt = adminTransaction(connections, DEFAULT_PLACEMENT, async (client) => {
    await client.query('create table doubtful (id int)');
    await client.query(
      `create function die() returns trigger language plpgsql as
       $$begin perform pg_terminate_backend(pg_backend_pid()); return null; end$$`,
    );
    await client.query(
      'create constraint trigger dies after insert on doubtful deferrable initially deferred for each row execute function die()',
    );
    await client.query('insert into doubtful values (1)');
  });
  await expect(inDoubt).rejects.toMatchObject({ code: 'CONNECTION_LOST', retryable: false });
  expect(connections.getActiveCount()).toBe(0);
});

it('is READ COMMITTED, whatever the login would have', async () => {
  const strict = new ConnectionManager({
    connectionString: database.connectionString,
    pool: { options: '-c default_transaction_isolation=serializable' },
  });
  const level = await adminTransaction(strict, DEFAULT_PLACEMENT, async (client) => {
    const { rows } = await client.query<{ level: string }>(
      `select current_setting('transaction_isolation') as level`,
    );
    return rows[0]?.level;
  });
  expect(level).toBe('read committed');
  await strict.close();
});
