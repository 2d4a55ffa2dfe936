// One ORM in one mode, in a process of its own: clients that send statements of every kind for one
// tenant after another, all at once, and look at every row that they get. The parent does the faults.
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionManager, onDiagnostics, runWithTenant } from '@mt/runtime';
import { randomFrom, weighted } from './random.mjs';
import { SEEDED } from './tenancy.mjs';
import { typeOf, tenancyErrorIn } from './workload/errors.mjs';
import { KINDS } from './workload/kinds/index.mjs';
import { Ledger } from './workload/ledger.mjs';
import { openStore } from './workload/store.mjs';
import { Tally } from './workload/tally.mjs';

/** More than there are connections, so that they wait for each other. */
const CLIENTS = 40;
const POOL_SIZE = 8;
/** Nothing that is asked here takes so long, unless it is forgotten. */
const STUCK_MS = 60_000;
/** How often a tenant is taken whose schema comes and goes. */
const DROPPED_SHARE = 0.03;

const tally = new Tally();
process.on('uncaughtException', (error, origin) => {
  tally.problem('crashes', `${origin}: ${error?.stack ?? error}`);
});

const pick = weighted(KINDS);
const ledger = new Ledger();
/** What each client does, and since when. */
const underWay = new Map();
/** Work that nobody awaits; each of them takes itself out. */
const unawaited = new Set();
let config;
/** When a statement first succeeded since the server was halted. */
let firstSuccess;
/** Nothing is done to the server any more, so that it may end. */
const undisturbed = new AbortController();

const onMessage = {
  start: (message) => void work(message.config).catch(die),
  halted() {
    firstSuccess = undefined;
    process.send({ type: 'halted' });
  },
  async returned() {
    while (!Number.isFinite(firstSuccess)) await delay(1);
    process.send({ type: 'resumed', at: firstSuccess });
  },
  finish: () => undisturbed.abort(),
};
process.on('message', (message) => onMessage[message.type](message));
process.on('disconnect', () => process.exit(1));

function die(error) {
  console.error(error);
  process.exit(1);
}

async function work(given) {
  config = given;
  const started = performance.now();
  const connections = openConnections(config);
  onDiagnostics('statement', ({ error }) => {
    tally.statements++;
    if (!error) firstSuccess ??= Date.now();
  });
  const store = await openStore(config.orm, connections);
  const progress = setInterval(() => {
    process.send({ type: 'progress', statements: tally.statements });
  }, 20);
  const watch = setInterval(findStuck, 1_000);

  const clients = Array.from({ length: CLIENTS }, (_, number) =>
    client(number, store, connections),
  );
  await Promise.race([Promise.all(clients), allStuck()]);
  const seconds = (performance.now() - started) / 1_000;
  clearInterval(progress);
  await Promise.race([Promise.all(unawaited), delay(10_000, undefined, { ref: false })]);
  clearInterval(watch);

  const connectionsLost = await lostConnections(connections);
  await store.close();
  await connections.close();
  process.send(
    {
      type: 'done',
      result: {
        ...tally.summary(),
        seconds,
        connectionsLost,
        stillOpen: connections.getTotalCount(),
        memoryMb: Math.round(process.resourceUsage().maxRSS / 1_024),
        ledger: ledger.summary(),
      },
    },
    // From here on nothing keeps the process alive; the parent waits for it to end.
    () => process.removeAllListeners('disconnect').disconnect(),
  );
}

function openConnections({ urls, isolation }) {
  return new ConnectionManager({
    ...urls,
    isolation,
    applicationName: 'mt-soak',
    max: POOL_SIZE,
    maxPerTenant: POOL_SIZE - 2,
    maxQueue: 100,
    connectionTimeoutMs: 1_000,
    // Some tenants have little patience, so that slow statements are stopped.
    limitsOf: ({ slug }) => (slug.endsWith('7') ? { statementTimeoutMs: 50 } : {}),
  });
}

async function client(number, store, connections) {
  const random = randomFrom(config.seed + number);
  while (tally.statements < config.statements || !undisturbed.signal.aborted) {
    const kind = pick(random);
    underWay.set(number, { kind, since: performance.now() });
    const isFine = await step(kind, random, store, connections);
    // Whoever is refused comes back a little later, or nobody else would get a turn.
    if (!isFine) await delay(random.between(2, 20));
  }
  underWay.delete(number);
}

/** @returns whether it went without an error */
async function step(kind, random, store, connections) {
  const { tenants, dropped, faults } = config;
  const isDropped = faults && random.chance(DROPPED_SHARE);
  const tenant = random.pick(isDropped ? dropped : tenants);
  const failed = (error) => failure(error, kind, tenant, isDropped);
  const context = {
    store,
    pool: connections.pool,
    tenant,
    other: anotherThan(tenant, random),
    random,
    ledger,
    failed,
    see: (rows) => see(rows, kind, tenant),
    /** All the rows that each tenant has. */
    complete: (rows) => see(rows, kind, tenant, isDropped ? undefined : SEEDED),
    one: (rows) => see(rows, kind, tenant, isDropped ? undefined : 1),
    /** Work that nobody awaits. */
    later(promise) {
      const settled = promise.catch(failed).finally(() => unawaited.delete(settled));
      unawaited.add(settled);
    },
    /** Does what must be refused. */
    async refused(code, attempt) {
      try {
        await attempt();
      } catch (error) {
        if (tenancyErrorIn(error)?.code !== code) throw error;
        tally.refusals++;
        return;
      }
      tally.problem('leaks', `${kind.name}: it was not refused (${code})`);
    },
  };
  try {
    await (kind.outside ? kind.run(context) : runWithTenant(tenant, () => kind.run(context)));
    return true;
  } catch (error) {
    failed(error);
    return false;
  }
}

function anotherThan(tenant, random) {
  for (;;) {
    const other = random.pick(config.tenants);
    if (other !== tenant) return other;
  }
}

function see(rows, kind, tenant, expected) {
  tally.rowsChecked += rows.length;
  for (const { id, owner, note } of rows) {
    if (owner !== tenant.slug) {
      tally.problem('leaks', `${kind.name}: ${tenant.slug} read row ${id} of ${owner}`);
    }
    if (note.startsWith('undone')) {
      tally.problem('leaks', `${kind.name}: ${tenant.slug} read ${note}, which was rolled back`);
    }
  }
  if (expected !== undefined && rows.length !== expected) {
    tally.problem(
      'leaks',
      `${kind.name}: ${tenant.slug} read ${rows.length} rows, not ${expected}`,
    );
  }
}

function failure(error, kind, tenant, isDropped) {
  const type = typeOf(error, kind, { faults: config.faults, dropped: isDropped });
  if (type !== undefined) return tally.error(type);
  tally.problem('untyped', `${kind.name} (${tenant.slug}): ${describe(error)}`);
}

function describe(error) {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause ?? error.driverError;
  return `${error.stack}${cause ? `\nCaused by: ${describe(cause)}` : ''}`;
}

function findStuck() {
  const time = performance.now() - STUCK_MS;
  for (const [number, { kind, since }] of underWay) {
    if (since > time) continue;
    underWay.delete(number);
    tally.problem('stuck', `${kind.name}: it has not ended after ${STUCK_MS} ms`);
  }
}

/** Gives up once nobody goes on any more. */
async function allStuck() {
  do await delay(1_000, undefined, { ref: false });
  while (tally.stuck < CLIENTS && !(tally.stuck > 0 && underWay.size === 0));
}

/** How many connections cannot be used any more, now that nobody does. */
async function lostConnections(connections) {
  const deadline = performance.now() + 5_000;
  const isBusy = () => connections.getActiveCount() > 0 || connections.getWaitingCount() > 0;
  while (isBusy() && performance.now() < deadline) await delay(10);
  const held = connections.getActiveCount() + connections.getWaitingCount();

  // As many statements as there are connections all run at the same time, or some of them are lost.
  let most = 0;
  const look = setInterval(() => (most = Math.max(most, connections.getActiveCount())), 5);
  const [tenant] = config.tenants;
  const sleep = () => connections.pool.query('select pg_sleep(0.3)');
  const tenants = Array.from({ length: POOL_SIZE }, (_, n) => config.tenants[n] ?? tenant);
  const outcomes = await Promise.allSettled(tenants.map((each) => runWithTenant(each, sleep)));
  clearInterval(look);
  for (const { reason } of outcomes)
    if (reason) failure(reason, { name: 'all at once' }, tenant, false);
  return Math.max(held, POOL_SIZE - most);
}
