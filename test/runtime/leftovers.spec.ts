import {
  ConnectionManager,
  runWithTenant,
  withoutTenant,
  type Tenant,
  type TenantClient,
} from '@mt/runtime';
import Cursor from 'pg-cursor';
import { describeWithPgBouncer, startPgBouncer } from '../support/pgbouncer.js';
import type { PgBouncer, PgBouncerOptions } from '../support/pgbouncer.js';
import { useRoleTenancy } from '../support/role-tenancy.js';
import { useTenancy } from '../support/tenancy.js';

// Code in the database may leave something on the connection it ran on, which nobody sees in the
// statement: the next tenant on it must not find it.

const OBJECTS = `
  create table "$tenant".items (id int);
  create sequence "$tenant".numbers start 1000;
  create function "$tenant".leave_table() returns int language plpgsql as
    $$ begin create temp table left_there as select current_schema() as owner; return 1; end $$;
  create function "$tenant".leave_setting() returns int language sql as
    $$ select 1 from set_config('app.owner', current_schema(), false) $$;
  create function "$tenant".leave_path() returns int language plpgsql as
    $$ begin set search_path to public; return 1; end $$;
  create function "$tenant".leave_timeout() returns int language plpgsql as $$ begin
    -- for the report
    set statement_timeout to '54321ms'; return 1; end $$;
  create function "$tenant".leave_number() returns bigint language plpgsql as
    $$ begin return nextval('numbers'); end $$;
  create function "$tenant".last_number() returns bigint language plpgsql as
    $$ begin return lastval(); exception when others then return null; end $$;
  create function "$tenant".leave_lock() returns int language plpgsql as
    $$ begin perform pg_advisory_lock(4711); return 1; end $$;
  create function "$tenant".leave_cursor() returns int language plpgsql as
    $$ begin execute 'declare left_open cursor with hold for select current_schema() as owner'; return 1; end $$;
  create function "$tenant".leave_listening() returns int language plpgsql as
    $$ begin listen left_channel; return 1; end $$;
  create function "$tenant".leave_atomic() returns text language sql
    begin atomic select set_config('app.owner', current_schema(), false); end;
  create function "$tenant".on_insert() returns trigger language plpgsql as
    $$ begin perform leave_setting(); return new; end $$;
  create trigger leave before insert on "$tenant".items
    for each row execute function "$tenant".on_insert();
  create view "$tenant".leaving as select leave_setting() as it;
  create view "$tenant".settings as select name, setting from pg_settings;
`;

/** How it is left, what of it a tenant sees who asks, and what it sees where there is none. */
const KINDS: readonly (readonly [name: string, leave: string, look: string, nothing: unknown])[] = [
  ['a temporary table', 'select leave_table()', 'select * from left_there', '42P01'],
  [
    'a setting of its own',
    'select leave_setting()',
    `select nullif(current_setting('app.owner', true), '') as it`,
    [{ it: null }],
  ],
  [
    'a setting, by a trigger',
    'insert into items values (1)',
    `select nullif(current_setting('app.owner', true), '') as it`,
    [{ it: null }],
  ],
  [
    'a setting, by a view',
    'select * from leaving',
    `select nullif(current_setting('app.owner', true), '') as it`,
    [{ it: null }],
  ],
  [
    'a setting, by a body that was parsed',
    'select leave_atomic()',
    `select nullif(current_setting('app.owner', true), '') as it`,
    [{ it: null }],
  ],
  [
    'a setting, by a view over pg_settings',
    `update "$tenant".settings set setting = '54321ms' where name = 'statement_timeout'`,
    `select current_setting('statement_timeout') as it`,
    [{ it: '0' }],
  ],
  [
    'a search path',
    'select leave_path()',
    'select current_schema() <> $$public$$ as it',
    [{ it: true }],
  ],
  [
    'a time-out',
    'select leave_timeout()',
    `select current_setting('statement_timeout') as it`,
    [{ it: '0' }],
  ],
  [
    'the last number of a sequence',
    'select leave_number()',
    'select last_number() as it',
    [{ it: null }],
  ],
  [
    'a lock',
    'select leave_lock()',
    `select count(*)::int as it from pg_locks where locktype = 'advisory' and objid = 4711`,
    [{ it: 0 }],
  ],
  [
    'a cursor',
    'select leave_cursor()',
    'select count(*)::int as it from pg_cursors where name = $$left_open$$',
    [{ it: 0 }],
  ],
];

interface Way {
  readonly isolation: 'schema' | 'role';
  readonly pooler?: Omit<PgBouncerOptions, 'connectionString'>;
}

describe.each([{ isolation: 'schema' }, { isolation: 'role' }] satisfies Way[])(
  'under $isolation isolation',
  describeLeftovers,
);
describeWithPgBouncer.each([
  { isolation: 'schema', pooler: { poolMode: 'transaction', serverConnections: 1 } },
] satisfies Way[])('under $isolation isolation, behind PgBouncer', describeLeftovers);

function describeLeftovers({ isolation, pooler }: Way): void {
  const use = isolation === 'role' ? useRoleTenancy : useTenancy;
  const tenancy = use({ max: 1 }, OBJECTS);
  let acme: Tenant;
  let globex: Tenant;
  let bouncer: PgBouncer | undefined;
  let connections: ConnectionManager;

  beforeAll(async () => {
    acme = await tenancy.tenants.create({ slug: 'acme' });
    globex = await tenancy.tenants.create({ slug: 'globex' });
    if (isolation === 'role') {
      // What tenants may not do by default, code of theirs may do for them here.
      const [{ name } = { name: '' }] = await tenancy.database.query<{ name: string }>(
        'select current_database() as name',
      );
      await tenancy.database.query(`grant temporary on database ${name} to public`);
    }
    if (pooler) {
      const { connectionString } = tenancy.database;
      bouncer = await startPgBouncer({ connectionString, ...pooler });
    }
  });
  afterAll(() => bouncer?.stop());
  // Each test begins as a process does that knows nothing.
  beforeEach(() => {
    const logins = 'logins' in tenancy ? (tenancy.logins as object) : {};
    connections = new ConnectionManager({
      connectionString: bouncer?.connectionString ?? tenancy.database.connectionString,
      ...logins,
      isolation,
      max: 1,
    });
  });
  afterEach(() => connections.close());

  const send = (tenant: Tenant, text: string) =>
    runWithTenant(tenant, () => connections.pool.query<Record<string, unknown>>(text)).then(
      ({ rows }) => rows,
      ({ code }: { code: unknown }) => code,
    );
  const onClient = async (tenant: Tenant, work: (client: TenantClient) => Promise<unknown>) =>
    runWithTenant(tenant, async () => {
      const client = await connections.pool.connect();
      try {
        return await work(client);
      } catch (error) {
        return (error as { code: unknown }).code;
      } finally {
        client.release();
      }
    });

  it.each(KINDS)('%s stays with its tenant', async (_, leave, look, nothing) => {
    for (const tenant of [acme, globex, acme]) {
      expect(await send(tenant, leave)).toBeInstanceOf(Array);
      expect(await send(tenant === acme ? globex : acme, look)).toEqual(nothing);
    }
  });

  it.each(KINDS)('%s stays with its transaction’s tenant', async (_, leave, look, nothing) => {
    await onClient(acme, async (client) => {
      await client.query('begin');
      await client.query(leave);
      await client.query('commit');
    });
    const seen = await onClient(globex, async (client) => {
      await client.query('begin isolation level serializable');
      const { rows } = await client.query(look);
      await client.query('commit');
      return rows;
    });
    expect(seen).toEqual(nothing);
  });

  it.each(KINDS)(
    '%s, left by a text, is not found by a cursor',
    async (_, leave, look, nothing) => {
      await runWithTenant(acme, () => connections.pool.query(`select 1; ${leave}`));
      const seen = await onClient(globex, async (client) => {
        const cursor = client.query(new Cursor<Record<string, unknown>>(look));
        const rows = await cursor.read(10);
        await cursor.close();
        return rows;
      });
      expect(seen).toEqual(nothing);
    },
  );

  it('is found where code was made after the first statement', async () => {
    await send(acme, 'select 1');
    await tenancy.database.query(
      OBJECTS.slice(OBJECTS.indexOf('create function "$tenant".leave_setting'))
        .split(';\n')[0]
        ?.replace('"$tenant".leave_setting', `${acme.schema}.leave_later`)
        .concat('; grant execute on function ')
        .concat(`${acme.schema}.leave_later() to public`) ?? '',
    );
    await send(acme, 'select leave_later()');
    const look = `select nullif(current_setting('app.owner', true), '') as it`;
    expect(await send(globex, look)).toEqual([{ it: null }]);
  });

  it('what is listened to is over with the next statement', async () => {
    await send(acme, 'select leave_listening()');
    await send(globex, 'select 1');
    const look = 'select count(*)::int as it from pg_listening_channels()';
    expect(await send(globex, look)).toEqual([{ it: 0 }]);
  });

  it('code without a tenant does not find it either', async () => {
    await send(acme, 'select leave_path()');
    await send(acme, 'select leave_setting()');
    const { rows } = await withoutTenant(() =>
      connections.pool.query(
        `select current_setting('search_path') as path,
           nullif(current_setting('app.owner', true), '') as owner`,
      ),
    );
    expect(rows).toEqual([{ path: '"$user", public', owner: null }]);
  });
}

describe('where nothing can be left', () => {
  const tenancy = useTenancy(
    { max: 1 },
    `create table "$tenant".items (id int, owner text);
     create function "$tenant".harmless() returns trigger language plpgsql as $$ begin
       update items set owner = 'set' where id = new.id;
       perform set_config('app.owner', new.owner, true);
       return new;
     end $$;
     create trigger t after insert on "$tenant".items for each row execute function "$tenant".harmless();`,
  );

  it('nothing is taken away', async () => {
    const acme = await tenancy.tenants.create({ slug: 'acme' });
    const { pool } = tenancy.connections;
    await runWithTenant(acme, async () => {
      await pool.query('insert into items values (1)');
      await pool.query('select count(*) from items');
    });
    // Behind the runtime's back, as a sign that is left.
    const connection = await tenancy.connections.checkoutAdmin();
    await connection.client.query(`set app.sign to 'there'`);
    connection.release();
    const { rows } = await runWithTenant(acme, () =>
      pool.query(`select current_setting('app.sign') as sign`),
    );
    expect(rows).toEqual([{ sign: 'there' }]);
  });
});

describe('what the application has set when a connection was opened', () => {
  const tenancy = useTenancy({}, OBJECTS);

  it('stays, whatever is taken away', async () => {
    const acme = await tenancy.tenants.create({ slug: 'acme' });
    const connections = new ConnectionManager({
      connectionString: tenancy.database.connectionString,
      max: 1,
      pool: {
        // Its published type says that nothing is waited for.
        onConnect: (client): unknown =>
          client.query(`set work_mem = '1234kB'; set app.region = 'it''s here'`),
      },
    });
    const look = `select current_setting('work_mem') as memory, current_setting('app.region') as region,
      nullif(current_setting('app.owner', true), '') as owner`;
    await runWithTenant(acme, async () => {
      for (let n = 0; n < 3; n++) {
        await connections.pool.query('select leave_setting()');
        const { rows } = await connections.pool.query(look);
        expect(rows).toEqual([{ memory: '1234kB', region: `it's here`, owner: null }]);
        const client = await connections.pool.connect();
        await client.query('begin');
        expect((await client.query(look)).rows).toEqual(rows);
        await client.query('commit');
        client.release();
      }
    });
    await connections.close();
  });
});
