import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { useTenancy } from '../../support/tenancy.js';

const tenancy = useTenancy(
  { max: 2 },
  `create table "$tenant".audit (what text);
   create procedure "$tenant".commits() language plpgsql as $$ begin
     insert into audit values ('before'); commit; insert into audit values ('after'); end $$;
   create procedure "$tenant".writes(what text, inout times integer) language plpgsql as $$ begin
     insert into audit values (what); times := times + 1; end $$;`,
);
let acme: Tenant;
beforeAll(async () => {
  await tenancy.database.query('create table public.audit (what text)');
  acme = await tenancy.tenants.create({ slug: 'acme' });
});
beforeEach(() => tenancy.database.query('truncate public.audit, tenant_acme.audit'));

const send = (text: string, values?: unknown[]) =>
  runWithTenant(acme, () => tenancy.connections.pool.query(text, values));
const audits = async (schema: string) =>
  (await tenancy.database.query<{ what: string }>(`select what from ${schema}.audit`)).map(
    ({ what }) => what,
  );

it.each([
  'call commits()',
  'CALL "$tenant".commits()',
  'do $$ begin call commits(); end $$',
  "do $$ begin insert into audit values ('before'); commit; insert into audit values ('after'); end $$",
])('code does not lose its tenant by a commit of its own: %s', async (text) => {
  await expect(send(text)).rejects.toMatchObject({ code: '2D000' });
  expect(await audits('public')).toEqual([]);
  expect(await audits('tenant_acme')).toEqual([]);
  expect((await send('select count(*)::int as count from audit')).rows).toEqual([{ count: 0 }]);
});

it('code that does not commit runs as ever, with its result', async () => {
  const { rows, command } = await send(`call writes('a', 1)`);
  expect({ rows, command }).toEqual({ rows: [{ times: 2 }], command: 'CALL' });
  await send(`do $$ begin insert into audit values ('b'); end $$`);
  expect(await audits('tenant_acme')).toEqual(['a', 'b']);
});

it('values are passed to it in a transaction, whatever the server', async () => {
  await runWithTenant(acme, async () => {
    const client = await tenancy.connections.pool.connect();
    await client.query('begin');
    const { rows } = await client.query('call writes($1, $2)', ['a', 1]);
    expect(rows).toEqual([{ times: 2 }]);
    await client.query('commit');
    client.release();
  });
  expect(await audits('tenant_acme')).toEqual(['a']);
});

it('outside of one they are passed, or refused where the server lets code commit', async () => {
  const [{ version } = { version: 0 }] = await tenancy.database.query<{ version: number }>(
    `select current_setting('server_version_num')::int / 10000 as version`,
  );
  const answer = send('call writes($1, $2)', ['a', 1]);
  if (version >= 18) expect((await answer).rows).toEqual([{ times: 2 }]);
  else await expect(answer).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
});

it('is sent so that no version of the server lets it commit', async () => {
  // In one text with the settings; alone it would be a transaction of its own.
  await send(`do $$ begin insert into audit values (current_query()); end $$`);
  expect(await audits('tenant_acme')).toEqual([
    expect.stringMatching(/set local search_path[^]*do \$\$/),
  ]);

  const older = new ConnectionManager({
    connectionString: tenancy.database.connectionString,
    pool: { onConnect: (client) => void Object.assign(client, { serverVersion: 17 }) },
  });
  const call = () => older.pool.query('call writes($1, $2)', ['a', 1]);
  await expect(runWithTenant(acme, call)).rejects.toMatchObject({ code: 'STATEMENT_UNSUPPORTED' });
  await older.close();
});
