// A negative control: the harness over a pool that is wrong, in a process of its own.
import { ConnectionManager, onDiagnostics, runWithTenant } from '@mt/runtime';
import { randomFrom, weighted } from './random.mjs';
import { PlainPool, SearchPathPool, TwoConnectionsPool } from '../support/unsafe-pools.mjs';
import { tenancyErrorIn } from './workload/errors.mjs';
import { reads } from './workload/kinds/reads.mjs';
import { writes } from './workload/kinds/writes.mjs';
import { Ledger } from './workload/ledger.mjs';
import { openStore, openStoreOver } from './workload/store.mjs';
import { Tally } from './workload/tally.mjs';

const CLIENTS = 20;

/** What needs nothing but an ORM. */
const pick = weighted(
  [...reads, ...writes].filter(({ name }) => !name.endsWith('of pg') && !name.endsWith('by pg')),
);

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
    // What it sends at its start concerns no tenant.
    onDiagnostics('statement', () => tally.statements++);
    return { store, close: () => connections.close() };
  },
};

async function over({ orm }, pool) {
  const store = await openStoreOver(orm, pool);
  return { store, pool, close: () => pool.end() };
}

async function work(config) {
  const tally = new Tally();
  const { store, pool, close } = await open[config.pool](config, tally);
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
        else tally.error(error.code ?? error.name);
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));

  await store.close();
  await close();
  const seconds = (performance.now() - started) / 1_000;
  const statements = pool?.statements ?? tally.statements;
  process.send({ type: 'done', result: { ...tally.summary(), statements, seconds } }, () =>
    process.disconnect(),
  );
}

function look(rows, tenant, tally) {
  tally.rowsChecked += rows.length;
  for (const { id, owner } of rows) {
    if (owner !== tenant.slug) tally.problem('leaks', `${tenant.slug} read row ${id} of ${owner}`);
  }
}
