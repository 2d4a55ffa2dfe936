import pg from 'pg';
import {
  isRetryable,
  missingRoleHardening,
  runWithTenant,
  verifyIsolation,
  withoutTenant,
  type Tenant,
} from '@mt/runtime';
import { openStore, ORMS } from '../../support/orms.js';
import { useRoleTenancy } from '../../support/role-tenancy.js';
import { useTenancy } from '../../support/tenancy.js';

// The application's login may become each tenant's role, and so may code that it runs as one of
// them: unless the rights are taken from everybody by which code does that.
const tenancy = useRoleTenancy({ max: 2 });
let acme: Tenant;
let globex: Tenant;

beforeAll(async () => {
  acme = await tenancy.tenants.create({ slug: 'acme' });
  globex = await tenancy.tenants.create({ slug: 'globex' });
  for (const { schema, slug } of [acme, globex]) {
    await tenancy.database.query(`insert into ${schema}.items (owner) values ($1)`, [slug]);
  }
});

/** What a tenant's statement does on a connection of the application, without the runtime's look at it. */
async function asAcme(text: string): Promise<string> {
  const client = new pg.Client({ connectionString: tenancy.logins.connectionString });
  await client.connect();
  try {
    await client.query('begin');
    await client.query(`set local search_path to ${acme.schema}, pg_catalog, pg_temp`);
    await client.query(`set local role to "${acme.role}"`);
    await client.query(text);
    const { rows } = await client.query('select current_user::text as role');
    return rows[0]?.role === acme.role ? 'harmless' : 'another role';
  } catch (error) {
    return (error as { code: string }).code;
  } finally {
    await client.end();
  }
}

const other = () => `set_config('role', '${globex.role}', true)`;
const WAYS: readonly (readonly [string, () => string])[] = [
  ['set_config()', () => `select ${other()}`],
  ['SQL in a text', () => `select query_to_xml($$ select ${other()} $$, true, false, '')`],
  ['a cursor’s SQL', () => `select query_to_xmlschema($$ select ${other()} $$, true, false, '')`],
  [
    'the view of settings',
    () => `update pg_settings set setting = '${globex.role}' where name = 'role'`,
  ],
  ['a block of code', () => `do $$ begin set local role to '${globex.role}'; end $$`],
  [
    'a function of its own',
    () => `create function pg_temp.become() returns void language sql as
      $$ set local role to '${globex.role}' $$; select pg_temp.become()`,
  ],
];

it('without it, code that runs as a tenant can become another', async () => {
  expect(await missingRoleHardening(tenancy.connections)).toHaveLength(5);
  const outcomes = new Set(await Promise.all(WAYS.map(([, text]) => asAcme(text()))));
  expect(outcomes).toContain('another role');
});

describe('with it', () => {
  beforeAll(async () => {
    for (const statement of await missingRoleHardening(tenancy.connections)) {
      await tenancy.database.query(statement);
    }
  });

  it('nothing is left to do', async () => {
    expect(await missingRoleHardening(tenancy.connections)).toEqual([]);
  });

  it.each(WAYS)('%s is refused by PostgreSQL', async (_, text) => {
    expect(await asAcme(text())).toBe('42501');
  });

  it.each(ORMS)('%s works as before', async (orm) => {
    const store = await openStore(orm, tenancy.connections);
    for (const { slug, ...tenant } of [acme, globex]) {
      await runWithTenant({ slug, ...tenant }, async () => {
        expect(await store.all()).toMatchObject([{ owner: slug }]);
        await store.transaction(slug);
        expect(await store.raw()).toEqual([{ owner: slug }, { owner: slug }]);
      });
    }
    for (const { schema } of [acme, globex]) {
      await tenancy.database.query(`delete from ${schema}.items where note = 'outer'`);
    }
    await store.close();
  });

  it('tenants are created, migrated, checked and looked after as before', async () => {
    await tenancy.migration(
      '0001_code',
      `create function "$tenant".stamp() returns trigger language plpgsql as
         $$ begin new.note := 'stamped'; return new; end $$;
       create trigger stamp before insert on "$tenant".items
         for each row execute function "$tenant".stamp();`,
    );
    expect((await tenancy.migrator.migrate()).failed).toEqual([]);
    const initech = await tenancy.tenants.create({ slug: 'initech' });
    await runWithTenant(initech, async () => {
      const { pool } = tenancy.connections;
      await pool.query(`insert into items (owner) values ('initech')`);
      const client = await pool.connect();
      await client.query('begin');
      await client.query(`set local app.user_id = '7'`);
      const { rows } = await client.query(
        `select note, current_setting('app.user_id') as user from items`,
      );
      await client.query('commit');
      client.release();
      expect(rows).toEqual([{ note: 'stamped', user: '7' }]);
    });
    expect(await verifyIsolation(tenancy.connections, tenancy.registry)).toEqual({ warnings: [] });
    await withoutTenant(() => tenancy.connections.pool.query('select 1'));
  });

  it('what a tenant loses is an error that says so', async () => {
    const failure = await runWithTenant(acme, () =>
      tenancy.connections.pool.query(`select set_config('app.user_id', $1, true)`, ['7']),
    ).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: '42501' });
    expect(isRetryable(failure)).toBe(false);
  });
});

describe('under schema isolation', () => {
  const plain = useTenancy();

  it('there is nothing to do', async () => {
    expect(await missingRoleHardening(plain.connections)).toEqual([]);
  });
});
