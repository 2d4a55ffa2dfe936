// One ORM in one mode, in a process of its own: clients send statements of every kind for one tenant
// after another, and look at every row that they get. The parent does the faults.
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionManager, onDiagnostics } from '@mt/runtime';
import { Clients } from './clients.mjs';
import { cutCommits } from './cut-commits.mjs';
import { lostConnections } from './lost-connections.mjs';
import { randomFrom } from './random.mjs';
import { describe, tenancyErrorIn } from './workload/errors.mjs';
import { KINDS } from './workload/kinds/index.mjs';
import { librariesOf, openStatements } from './workload/kinds/statements.mjs';
import { Ledger } from './workload/ledger.mjs';
import { openStore } from './workload/store.mjs';
import { Tally } from './workload/tally.mjs';

const POOL_SIZE = 8;
/** How long work may take to go on after the server has come back, before it counts as never. */
const RETURN_TIMEOUT_MS = 30_000;
/** Tenants with little patience, so that slow statements are stopped. */
const limitsOf = ({ slug }) => (slug.endsWith('7') ? { statementTimeoutMs: 50 } : {});

const tally = new Tally();
process.on('uncaughtException', (error, origin) => {
  tally.problem('crashes', `${origin}: ${describe(error)}`);
});

/** When a statement first succeeded since the server was halted. */
let firstSuccess;
/** Nothing is done to the server any more. */
const undisturbed = new AbortController();

const onMessage = {
  start: ({ config }) =>
    void work(config).catch((error) => {
      console.error(error);
      process.exit(1);
    }),
  halted() {
    firstSuccess = undefined;
    process.send({ type: 'halted' });
  },
  async returned() {
    const deadline = Date.now() + RETURN_TIMEOUT_MS;
    while (!Number.isFinite(firstSuccess) && Date.now() < deadline) await delay(1);
    if (firstSuccess === undefined) tally.problem('stuck', 'the server came back, work did not');
    process.send({ type: 'resumed', at: firstSuccess ?? Date.now() });
  },
  finish: () => undisturbed.abort(),
};
process.on('message', (message) => void onMessage[message.type](message));
process.on('disconnect', () => process.exit(1));

async function work(config) {
  const connections = new ConnectionManager({
    ...config.urls,
    isolation: config.isolation,
    applicationName: 'mt-soak',
    max: POOL_SIZE,
    maxPerTenant: POOL_SIZE - 2,
    maxQueue: 100,
    connectionTimeoutMs: 1_000,
    limitsOf,
  });
  let lastSuccess = performance.now();
  onDiagnostics('statement', ({ error }) => {
    tally.statements++;
    if (error) return;
    firstSuccess ??= Date.now();
    lastSuccess = performance.now();
  });
  const progress = setInterval(() => {
    process.send({ type: 'progress', statements: tally.statements });
  }, 20);
  const ledger = new Ledger();
  /** Each promise takes itself out. */
  const unawaited = new Set();
  const store = await openStore(config.orm, connections);
  const libraries = librariesOf(config.orm);
  const statements = await openStatements(libraries, (each) => each.open(connections));
  const worker = {
    ...config,
    kinds: [...KINDS, ...statements.kinds],
    store,
    pool: connections.pool,
    ledger,
    tally,
    unawaited,
    lastSuccess: () => lastSuccess,
  };
  const mayEnd = () => tally.statements >= config.statements && undisturbed.signal.aborted;

  if (config.faults) cutCommits(randomFrom(config.seed));
  const started = performance.now();
  await new Clients(worker, mayEnd).work();
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(progress);
  await Promise.race([Promise.all(unawaited), delay(10_000, undefined, { ref: false })]);

  const sent = tally.statements;
  const pool = { tenants: config.tenants, max: POOL_SIZE };
  const connectionsLost = await lostConnections(connections, pool, (error) => {
    // Some have little patience.
    if (tenancyErrorIn(error)?.code === 'STATEMENT_TIMEOUT') return;
    tally.problem('untyped', `when all was over: ${describe(error)}`);
  });
  await statements.close();
  await store.close();
  await connections.close();
  const result = {
    ...tally.summary(),
    statements: sent,
    seconds,
    connectionsLost: connectionsLost + connections.getTotalCount(),
    memoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
    ledger: ledger.summary(),
  };
  // From here on nothing keeps the process alive; the parent waits for it to end.
  process.send({ type: 'done', result }, () =>
    process.removeAllListeners('disconnect').disconnect(),
  );
}
