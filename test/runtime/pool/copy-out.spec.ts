import { setTimeout as delay } from 'node:timers/promises';
import copy, { type CopyToStreamQuery } from 'pg-copy-streams';
import { runWithTenant, type ConnectionManager, type Tenant } from '@mt/runtime';
import { useAccounts } from '../../support/accounts.js';
import { eventually } from '../../support/eventually.js';
import { startRelay, type Relay } from '../../support/relay.js';
import { useTenancy } from '../../support/tenancy.js';

// A stream that copies out reads the socket itself. What ends it from elsewhere must not leave it there:
// it would read what is not its own, or throw in the socket's event, which ends the process.

const tenancy = useTenancy();
const accounts = useAccounts();
let acme: Tenant;
let relay: Relay;
let connections: ConnectionManager;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

beforeEach(async () => {
  relay = await startRelay(tenancy.database.connectionString);
  connections = accounts.connect({ connectionString: relay.connectionString, max: 1 });
  await runWithTenant(acme, () => connections.pool.query('select 1'));
});

afterEach(() => relay.close());

async function copyOut<T>(text: string, read: (stream: CopyToStreamQuery) => Promise<T>) {
  return runWithTenant(acme, async () => {
    const client = await connections.pool.connect();
    try {
      return await read(client.query(copy.to(text)));
    } finally {
      client.release();
    }
  });
}

const failureOf = (stream: CopyToStreamQuery): Promise<unknown> =>
  new Promise((resolve) => void stream.on('error', resolve));

const MANY = `copy (select repeat('x', 1000) from generate_series(1, 20000)) to stdout`;
/** NoticeResponse, without a field. */
const NOTICE = Buffer.from([0x4e, 0, 0, 0, 5, 0]);

it('hears of the end of its connection that comes with what it waits for', async () => {
  const held = relay.hold();
  const failed = copyOut(MANY, async (stream) => {
    const failure = await failureOf(stream.resume());
    // The connection is not given back meanwhile.
    await delay(100);
    return failure;
  });
  // The server has bound it, and waits.
  await eventually(() => held.bytes.length > 0);
  await delay(50);
  const before = held.bytes.length;
  await tenancy.database.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
  );
  await eventually(() => held.bytes.length > before);
  await held.pass(NOTICE);
  expect(await failed).toMatchObject({ code: 'CONNECTION_LOST' });
  await runWithTenant(acme, () => connections.pool.query('select 1'));
});

it('is not read on once it has failed', async () => {
  connections = accounts.connect({
    connectionString: tenancy.database.connectionString,
    max: 1,
    pool: { query_timeout: 100 },
  });
  const failures: unknown[] = [];
  await copyOut(MANY, async (stream) => {
    stream.on('error', (error) => failures.push(error));
    // Nobody reads on, so the server has more to say when the time is over.
    stream.read(1);
    await eventually(() => failures.length > 0);
    stream.resume();
    await delay(50);
  });
  expect(failures).toMatchObject([{ message: 'Query read timeout' }]);
  await runWithTenant(acme, () => connections.pool.query('select 1'));
});
