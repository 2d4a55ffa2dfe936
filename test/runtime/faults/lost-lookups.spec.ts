import { isRetryable, TenantRegistry, type Tenant } from '@mt/runtime';
import { eventually } from '../../support/eventually.js';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy();
let registry: TenantRegistry;
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  registry = new TenantRegistry(tenancy.connections, { cacheTtlMs: 0 });
});

const WAITING = `select pid from pg_stat_activity
  where application_name = 'mt-runtime' and wait_event_type = 'Lock' and datname = current_database()`;

/** Has a look-up wait on the server, and ends its connection there, as often as it is sent. */
async function losing<T>(times: number, lookUp: () => Promise<T>): Promise<T> {
  const { database } = tenancy;
  await database.query('begin');
  try {
    await database.query(`lock table ${registry.tables.tenants} in access exclusive mode`);
    const found = lookUp();
    // Looked at later, when it may have failed already.
    found.catch(() => undefined);
    for (let time = 0; time < times; time++) {
      await eventually(async () => {
        // What a transaction has seen of the others it sees for as long as it lasts.
        await database.query('select pg_stat_clear_snapshot()');
        const [waiting] = await database.query<{ pid: number }>(WAITING);
        if (!waiting) return false;
        const ended = await database.query('select pg_terminate_backend($1, 5000)', [waiting.pid]);
        return ended.length > 0;
      });
    }
    await database.query('commit');
    return await found;
  } finally {
    await database.query('rollback');
  }
}

describe.each<[string, () => Promise<unknown>]>([
  ['find', () => registry.find('acme')],
  ['getActive', () => registry.getActive('acme')],
  ['getById', () => registry.getById(acme.id)],
  ['list', async () => (await registry.list())[0]],
  ['sample', async () => (await registry.sample(1))[0]],
])('%s() whose connection is lost', (_, lookUp) => {
  it('asks again', async () => {
    await expect(losing(1, lookUp)).resolves.toMatchObject({ slug: 'acme' });
  });

  it('says that it may be asked again, where that is lost too', async () => {
    const error: unknown = await losing(2, lookUp).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: true });
    expect(isRetryable(error)).toBe(true);
  });
});

it('does not write again what may have been written', async () => {
  const suspend = () => registry.setStatus('acme', ['active'], 'suspended');
  const error: unknown = await losing(1, suspend).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'CONNECTION_LOST', retryable: false });
});
