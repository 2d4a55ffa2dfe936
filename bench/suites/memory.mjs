// What the server keeps for a connection: the statements that are prepared on it, and the catalog of
// each table that its backend has touched.
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { byZipf, evenly } from '../support/draw.mjs';
import { drizzleStatements, drizzleTables, ORDERS } from '../support/shop.mjs';
import { ITEMS, startTenancy } from '../support/tenancy.mjs';

const STATEMENTS = 512;

/** Each by what is sent over one connection, on which so much is in the memory of its backend then. */
const measured = {
  'backend.unprepared_evenly': ({ some, uses }) => ({
    tenants: some,
    draw: evenly,
    uses,
    preparedStatements: false,
  }),
  'backend.prepared_evenly': ({ some, uses }) => ({ tenants: some, draw: evenly, uses }),
  'backend.prepared_zipf': ({ some, uses }) => ({ tenants: some, draw: byZipf, uses }),
  'backend.after_all_schemas': ({ all }) => ({ tenants: all, draw: inOrder, uses: all.length * 2 }),
  // Half way to the next one.
  'backend.recycled': ({ all }) => ({
    tenants: all,
    draw: inOrder,
    uses: all.length * 2 + RECYCLED_AFTER / 2,
    pool: { maxUses: RECYCLED_AFTER },
  }),
};
const RECYCLED_AFTER = 1_000;

export const goals = {
  bytes_per_prepared_statement: {},
  ...Object.fromEntries(Object.keys(measured).map((name) => [name, {}])),
};

export async function run({ quick, isChosen, report }) {
  const tenancy = await startTenancy(quick ? 100 : 10_000, report, ITEMS + ORDERS);
  const { superuserConnectionString: connectionString, tenants: all } = tenancy;
  const some = all.slice(0, 1_000);
  const uses = quick ? 5_000 : 300_000;
  const measure = (options) => measureBackend({ connectionString, report, ...options });
  try {
    const results = [];
    if (isChosen('bytes_per_prepared_statement')) {
      const one = { draw: evenly, tenants: some.slice(0, 1), uses: 2_000 };
      const { bytes, prepared } = await measure(one);
      const without = await measure({ ...one, preparedStatements: false });
      results.push(figure('bytes_per_prepared_statement', (bytes - without.bytes) / prepared));
    }
    for (const [name, options] of Object.entries(measured)) {
      if (!isChosen(name)) continue;
      results.push(figure(name, (await measure(options({ all, some, uses }))).bytes));
    }
    return { results };
  } finally {
    await tenancy.stop();
  }
}

/** One connection, so that all of it is in one backend. */
async function measureBackend(options) {
  const {
    connectionString,
    tenants,
    draw,
    uses,
    report,
    preparedStatements = { maxStatements: STATEMENTS },
    pool,
  } = options;
  const connections = new ConnectionManager({ connectionString, max: 1, preparedStatements, pool });
  const db = createTenantDatabase(connections);
  const tables = drizzleTables(tenantSchema);
  const nextTenant = draw(tenants);
  const nextStatement = evenly(drizzleStatements);
  for (let use = 0; use < uses; use++) {
    await runWithTenant(nextTenant(), () => nextStatement()(db, tables));
    if (use % 20_000 === 0) report(`memory ${use}/${uses}`);
  }
  const { rows } = await connections.unscopedQuery(
    `select sum(total_bytes)::float8 as bytes,
       (select count(*)::int from pg_prepared_statements where name like 'mt\\_%') as prepared
     from pg_backend_memory_contexts`,
  );
  await connections.close();
  return rows[0];
}

const inOrder = (list) => {
  let next = 0;
  return () => list[next++ % list.length];
};

function figure(name, bytes) {
  const value = Math.round(bytes);
  return { name, value, unit: 'bytes', samples: [value] };
}
