import { setImmediate } from 'node:timers/promises';
import { isRetryable, runWithTenant, type Tenant } from '@mt/runtime';
import { createTenantDatabase } from '@mt/runtime/drizzle';
import { createTenantDataSource, type TenantDataSource } from '@mt/runtime/typeorm';
import { EntitySchema } from 'typeorm';
import { Kysely, PostgresDialect, sql } from 'kysely';
import { causes } from '../../src/lib/pool/server-errors.js';
import { eventually } from '../support/eventually.js';
import { useTenancy } from '../support/tenancy.js';

// What `npm run soak` found, each in its smallest form.
const tenancy = useTenancy({ max: 2 });
let acme: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
});

describe('a client that is released while its statements run', () => {
  it('has them fail with an error that says whether they may be done again', async () => {
    const running = await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      const outcomes = Promise.allSettled([
        client.query(`insert into items (owner) values ('acme')`),
        client.query('select 1'),
      ]);
      client.release();
      return outcomes;
    });
    const lost = { status: 'rejected', reason: { code: 'CONNECTION_LOST', retryable: false } };
    expect(running).toMatchObject([lost, lost]);
  });

  it('has those of an open transaction fail as safe to be done again', async () => {
    const running = await runWithTenant(acme, async () => {
      const client = await tenancy.connections.pool.connect();
      await client.query('begin');
      const outcomes = Promise.allSettled([client.query('select pg_sleep(10)')]);
      client.release();
      return outcomes;
    });
    expect(running).toMatchObject([
      { status: 'rejected', reason: { code: 'CONNECTION_LOST', retryable: true } },
    ]);
  });
});

describe('a transaction whose connection is lost while it commits', () => {
  const inTransaction = {
    drizzle: () =>
      createTenantDatabase(tenancy.connections).transaction((tx) => tx.execute(INSERT)),
    kysely: () => kysely.transaction().execute((tx) => sql.raw(INSERT).execute(tx)),
    typeorm: () => dataSource.transaction((manager) => manager.query(INSERT)),
  };
  const INSERT = `insert into items (owner) values ('acme')`;
  let kysely: Kysely<unknown>;
  let dataSource: TenantDataSource;

  beforeAll(async () => {
    kysely = new Kysely({ dialect: new PostgresDialect({ pool: tenancy.connections.pool }) });
    dataSource = await createTenantDataSource(tenancy.connections).initialize();
    // It has every COMMIT wait long enough to be met.
    await tenancy.database.query(`
      create function ${acme.schema}.wait() returns trigger language plpgsql
        as 'begin perform pg_sleep(20); return null; end';
      create constraint trigger wait after insert on ${acme.schema}.items
        deferrable initially deferred for each row execute function ${acme.schema}.wait()`);
  });

  afterAll(async () => {
    await tenancy.database.query(`drop function ${acme.schema}.wait cascade`);
    await dataSource.destroy();
    await kysely.destroy();
  });

  // All three send a ROLLBACK after it, which by itself would be safe to be done again.
  it.each(Object.entries(inTransaction))('is not safe to be done again, by %s', async (_, work) => {
    const failed = runWithTenant(acme, () => work()).catch((error: unknown) => error);
    await eventually(async () => {
      const ended = await tenancy.database.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and state = 'active' and query ilike 'commit'`,
      );
      return ended.length > 0;
    });
    const error = await failed;
    expect(causes(error)).toContainEqual(expect.objectContaining({ code: 'CONNECTION_LOST' }));
    expect(isRetryable(error)).toBe(false);
  });
});

describe('a lazy relation of TypeORM that cannot be read', () => {
  interface Parent {
    readonly children: Promise<unknown[]>;
  }
  const lazy = {
    name: 'Parent',
    schema: '$tenant',
    tableName: 'items',
    columns: { id: { type: 'integer', primary: true } },
    relations: {
      children: { type: 'one-to-many', target: 'Child', inverseSide: 'parent', lazy: true },
    },
  };
  const gone = {
    name: 'Child',
    schema: '$tenant',
    tableName: 'children_that_are_nowhere',
    columns: { id: { type: 'integer', primary: true } },
    relations: { parent: { type: 'many-to-one', target: 'Parent', joinColumn: true } },
  };
  const entities = [lazy, gone].map((options) => new EntitySchema(options as never));

  let dataSource: TenantDataSource;
  let parent: Parent;

  beforeAll(async () => {
    dataSource = await createTenantDataSource(tenancy.connections, { entities }).initialize();
    await tenancy.database.query(`insert into ${acme.schema}.items (owner) values ('acme')`);
  });

  beforeEach(async () => {
    const find = () => dataSource.getRepository<Parent>('Parent').find();
    [parent] = (await runWithTenant(acme, find)) as [Parent];
  });

  // Jest fails a test during which a rejection is unhandled; Node ends the process.
  afterEach(async () => {
    for (let turn = 0; turn < 3; turn++) await setImmediate();
  });

  afterAll(() => dataSource.destroy());

  it('is an error for the one who awaits it, and for nobody else', async () => {
    await runWithTenant(acme, async () => {
      await expect(parent.children).rejects.toThrow(/"tenant_acme.children_that_are_nowhere"/);
    });
  });

  it('is asked for as the tenant in context, whoever read the entity', async () => {
    const globex = await tenancy.tenants.create({ slug: 'globex' });
    await runWithTenant(globex, async () => {
      await expect(parent.children).rejects.toThrow(/"tenant_globex.children_that_are_nowhere"/);
    });
  });

  it('is an error where no tenant is in context', async () => {
    const error = await parent.children.catch((reason: unknown) => reason);
    expect(causes(error)).toContainEqual(
      expect.objectContaining({ code: 'TENANT_CONTEXT_MISSING' }),
    );
  });
});
