import pg from 'pg';
import { ConnectionManager, runWithTenant, type Tenant } from '@mt/runtime';
import { describeWithPgBouncer, usePgBouncer } from '../support/pgbouncer.js';
import { useTenancy } from '../support/tenancy.js';

// A pooler in transaction mode that keeps no prepared statements, as any that does not know of them.
const tenancy = useTenancy({ max: 1 });
let tenants: Tenant[];

beforeAll(async () => {
  tenants = [];
  for (const slug of ['acme', 'globex', 'initech']) {
    const tenant = await tenancy.tenants.create({ slug });
    await tenancy.database.query(`insert into ${tenant.schema}.items (owner) values ($1)`, [slug]);
    tenants.push(tenant);
  }
});

const SELECT = 'select owner from "$tenant".items where id = $1';
const textFor = ({ schema }: Tenant) => SELECT.replace('$tenant', schema);

/** Reads as all tenants by turns, over all connections at once, and returns what was another's. */
async function leaks(connections: ConnectionManager, rounds: number): Promise<unknown[]> {
  const found: unknown[] = [];
  for (let round = 0; round < rounds; round++) {
    await Promise.all(
      tenants.map((tenant) =>
        runWithTenant(tenant, async () => {
          const { rows } = await connections.pool.query(SELECT, [1]);
          if (rows[0]?.['owner'] !== tenant.slug) found.push({ tenant: tenant.slug, rows });
        }),
      ),
    );
  }
  return found;
}

describeWithPgBouncer('behind one server connection for all', () => {
  const bouncer = usePgBouncer(tenancy.database, {
    poolMode: 'transaction',
    serverConnections: 1,
  });

  it('is found not to be the server, and nothing is prepared by default', async () => {
    const connections = new ConnectionManager({ connectionString: bouncer.connectionString });
    expect(await leaks(connections, 20)).toEqual([]);
    expect(await preparedOn(connections)).toEqual([]);
    await connections.close();
  });

  it('names by a counter lead to another tenant’s statement', async () => {
    const clients = await Promise.all(
      tenants.map(async (tenant) => {
        const client = new pg.Client(bouncer.connectionString);
        await client.connect();
        return { tenant, client };
      }),
    );
    const seen: unknown[] = [];
    for (let round = 0; round < 2; round++) {
      for (const { tenant, client } of clients) {
        // Each prepares its first statement once, and closes what may have the name.
        if (round === 0) closeName(client, 's1');
        const { rows } = await client.query({ name: 's1', text: textFor(tenant), values: [1] });
        seen.push(rows[0]?.['owner'] === tenant.slug);
      }
    }
    for (const { client } of clients) await client.end();
    expect(seen).toContain(false);
  });

  it('names made of the text lead nobody to another tenant’s', async () => {
    const managers = Array.from(
      { length: 4 },
      () =>
        new ConnectionManager({
          connectionString: bouncer.connectionString,
          max: 3,
          preparedStatements: { behindPooler: true },
        }),
    );
    const found = await Promise.all(managers.map((connections) => leaks(connections, 50)));
    // Something was prepared, or nothing was tried.
    expect(await preparedOn(managers[0] as ConnectionManager)).toHaveLength(tenants.length);
    await Promise.all(managers.map((connections) => connections.close()));
    expect(found.flat()).toEqual([]);
  });
});

/** A message that node-postgres has, and its published types do not. */
function closeName(client: pg.Client, name: string): void {
  const { connection } = client as unknown as {
    connection: { close(message: { type: 'S'; name: string }): void };
  };
  connection.close({ type: 'S', name });
}

/** Names of statements on the server's connection that serves next. */
async function preparedOn(connections: ConnectionManager): Promise<unknown[]> {
  const { rows } = await connections.unscopedQuery(
    `select name from pg_prepared_statements where name like 'mt\\_%'`,
  );
  return rows.map(({ name }) => name);
}

describeWithPgBouncer('a table that changes behind a pooler', () => {
  const bouncer = usePgBouncer(tenancy.database, {
    poolMode: 'transaction',
    serverConnections: 1,
  });

  it('is read as it is now, though the server’s connection was prepared anew meanwhile', async () => {
    const connections = new ConnectionManager({
      connectionString: bouncer.connectionString,
      max: 1,
      preparedStatements: { behindPooler: true },
    });
    const [acme] = tenants as [Tenant];
    const read = () =>
      runWithTenant(acme, () =>
        connections.pool.query('select * from "$tenant".amounts where $1::int > 0', [1]),
      );
    await tenancy.database.query(
      'create table tenant_acme.amounts (amount int); insert into tenant_acme.amounts values (1)',
    );
    for (let n = 0; n < 6; n++) expect((await read()).rows).toEqual([{ amount: 1 }]);
    const [name] = await preparedOn(connections);
    await tenancy.database.query(
      'alter table tenant_acme.amounts alter amount type text using (amount + 0.5)::text',
    );
    // As another client of the pooler does it that has not seen the table before.
    const other = new pg.Client(bouncer.connectionString);
    await other.connect();
    closeName(other, String(name));
    await other.query({
      name: String(name),
      text: 'select * from "tenant_acme".amounts where $1::int > 0',
      values: [1],
    });
    await other.end();
    expect((await read()).rows).toEqual([{ amount: '1.5' }]);
    await connections.close();
    await tenancy.database.query('drop table tenant_acme.amounts');
  });
});

describeWithPgBouncer('behind several server connections', () => {
  const bouncer = usePgBouncer(tenancy.database, {
    poolMode: 'transaction',
    serverConnections: 4,
  });

  it('what the pooler does not keep is sent again without, and done once', async () => {
    const connections = new ConnectionManager({
      connectionString: bouncer.connectionString,
      max: 4,
      preparedStatements: { behindPooler: true },
    });
    const insert = 'insert into "$tenant".items (owner, note) values ($1, $2)';
    for (let round = 0; round < 30; round++) {
      await Promise.all(
        tenants.map((tenant) =>
          runWithTenant(tenant, () =>
            connections.pool.query(insert, [tenant.slug, `round ${round}`]),
          ),
        ),
      );
    }
    for (const { schema, slug } of tenants) {
      const rows = await tenancy.database.query(
        `select owner, count(*)::int as count, count(distinct note)::int as rounds
         from ${schema}.items where note like 'round %' group by owner`,
      );
      expect(rows).toEqual([{ owner: slug, count: 30, rounds: 30 }]);
    }
    expect(await leaks(connections, 20)).toEqual([]);
    await connections.close();
  });
});
