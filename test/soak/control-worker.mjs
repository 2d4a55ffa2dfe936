// A negative control: the harness over a pool that is wrong, in a process of its own.
import { ConnectionManager, onDiagnostics, runWithTenant } from '@mt/runtime';
import { randomFrom, weighted } from './random.mjs';
import { PlainPool, SearchPathPool, TwoConnectionsPool } from '../support/unsafe-pools.mjs';
import { sqlStateIn, tenancyErrorIn } from './workload/errors.mjs';
import { reads } from './workload/kinds/reads.mjs';
import { librariesOf, openStatements } from './workload/kinds/statements.mjs';
import { writes } from './workload/kinds/writes.mjs';
import { Ledger } from './workload/ledger.mjs';
import { openStore, openStoreOver } from './workload/store.mjs';
import { strangerIn } from './workload/strangers.mjs';
import { Tally } from './workload/tally.mjs';

const CLIENTS = 20;

/** What needs nothing but an ORM. */
const OF_THE_STORE = [...reads, ...writes].filter(({ name }) => !/\b(of|by) pg$/.test(name));

process.on('message', ({ config }) => {
  work(config).catch((error) => {
    console.error(error);
    process.exit(1);
  });
});

const open = {
  'two-connections': (config) => over(config, new TwoConnectionsPool(config.connectionString)),
  'search-path': (config) => over(config, new SearchPathPool(config.connectionString)),
  plain: (config) => over(config, new PlainPool(config.connectionString)),

  async tenant({ orm, connectionString }, tally) {
    const connections = new ConnectionManager({ connectionString });
    const store = await openStore(orm, connections);
    const statements = await openStatements(librariesOf(orm), (each) => each.open(connections));
    // What they send at their start concerns no tenant.
    onDiagnostics('statement', () => tally.statements++);
    return { store, statements, close: () => connections.close() };
  },
};

async function over({ orm }, pool) {
  const store = await openStoreOver(orm, pool);
  const statements = await openStatements(librariesOf(orm), (each) => each.openOver(pool));
  return { store, statements, pool, close: () => pool.end() };
}

async function work(config) {
  const tally = new Tally();
  const { store, statements, pool, close } = await open[config.pool](config, tally);
  const pick = weighted([...OF_THE_STORE, ...statements.kinds]);
  const inContext = config.pool === 'two-connections' || config.pool === 'search-path';
  const ledger = new Ledger();
  const started = performance.now();
  let steps = 0;

  const client = async (number) => {
    const random = randomFrom(config.seed + number);
    while (Math.max(steps, pool?.statements ?? 0) < config.statements) {
      steps++;
      const tenant = random.pick(config.tenants);
      const see = (rows) => look(rows, tenant, tally);
      const context = { store, tenant, random, ledger, see, complete: see, one: see };
      const run = () => pick(random).run(context);
      try {
        await (inContext ? runWithTenant(tenant, run) : run());
      } catch (error) {
        if (tenancyErrorIn(error)?.code === 'TENANT_CONTEXT_MISSING') tally.refusals++;
        else if (tenancyErrorIn(error) ?? sqlStateIn(error)) tally.error(error.code ?? error.name);
        else tally.untyped++;
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));

  await statements.close();
  await store.close();
  await close();
  const seconds = (performance.now() - started) / 1_000;
  const sent = pool?.statements ?? tally.statements;
  process.send({ type: 'done', result: { ...tally.summary(), statements: sent, seconds } }, () =>
    process.disconnect(),
  );
}

function look(rows, tenant, tally) {
  tally.rowsChecked += rows.length;
  for (const row of rows) {
    const stranger = strangerIn(row, tenant);
    if (stranger) tally.problem('leaks', `${tenant.slug} read row ${row.id} of ${stranger}`);
  }
}
