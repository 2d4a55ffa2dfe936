// What the server keeps for a connection: the statements that are prepared on it, and the catalog of
// each table that its backend has touched.
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { byZipf, evenly } from '../support/draw.mjs';
import { drizzleStatements, drizzleTables, ORDERS } from '../support/shop.mjs';
import { ITEMS, startTenancy } from '../support/tenancy.mjs';

const STATEMENTS = 512;

export const goals = {
  bytes_per_prepared_statement: {},
  'backend.prepared_zipf': {},
  'backend.prepared_evenly': {},
  'backend.unprepared_evenly': {},
  'backend.after_all_schemas': {},
  'backend.recycled': {},
};

export async function run({ quick, report }) {
  const tenancy = await startTenancy(quick ? 100 : 10_000, report, ITEMS + ORDERS);
  const connectionString = tenancy.superuserConnectionString;
  const some = tenancy.tenants.slice(0, 1_000);
  const uses = quick ? 5_000 : 300_000;
  const measure = (options) =>
    measureBackend({ connectionString, tenants: some, uses, report, ...options });
  try {
    const off = await measure({ draw: evenly, preparedStatements: false });
    const even = await measure({ draw: evenly });
    const zipf = await measure({ draw: byZipf });
    const one = some.slice(0, 1);
    const [few, none] = [
      await measure({ draw: evenly, tenants: one, uses: 2_000 }),
      await measure({ draw: evenly, tenants: one, uses: 2_000, preparedStatements: false }),
    ];
    const all = await measure({
      draw: inOrder,
      tenants: tenancy.tenants,
      uses: tenancy.tenants.length * 2,
    });
    const recycled = await measure({
      draw: inOrder,
      tenants: tenancy.tenants,
      uses: tenancy.tenants.length * 2,
      pool: { maxUses: 1_000 },
    });
    return {
      results: [
        figure('bytes_per_prepared_statement', (few.bytes - none.bytes) / few.prepared),
        figure('backend.prepared_zipf', zipf.bytes),
        figure('backend.prepared_evenly', even.bytes),
        figure('backend.unprepared_evenly', off.bytes),
        figure('backend.after_all_schemas', all.bytes),
        figure('backend.recycled', recycled.bytes),
      ],
    };
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
