// What does a tenant notice of another one that floods the pool? The latency that one in twenty of its
// statements exceeds, while a neighbour keeps a thousand statements under way, divided by the same
// without the neighbour.
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import pg from 'pg';
import { quantile } from '../support/quantile.mjs';
import { median } from '../support/interleave.mjs';
import { startTenancy } from '../support/tenancy.mjs';

const POOL_SIZE = 10;
const FLOOD = 1_000;
const QUIET_TENANTS = 20;
/** A quiet tenant thinks for so long between two statements. */
const PAUSE_MS = 50;

export const goals = {
  quiet_p95_flooded_vs_unloaded: { atMost: 2 },
  fifo_control: {},
  'reads.quiet_p95_flooded_vs_unloaded': {},
  'reads.fifo_control': {},
};

/** What everybody sends: a statement that takes the server 10 ms, and a read by primary key. */
const STATEMENTS = {
  '': (schema) => [`select pg_sleep(0.01), id from ${schema}.items where id = $1`, [1]],
  'reads.': (schema) => [`select id, name from ${schema}.items where id = $1`, [1]],
};

export async function run({ quick, isChosen, report }) {
  const tenancy = await startTenancy(QUIET_TENANTS + 1, report);
  const results = [];
  try {
    for (const [prefix, statement] of Object.entries(STATEMENTS)) {
      for (const [name, open] of [
        [`${prefix}quiet_p95_flooded_vs_unloaded`, openShared],
        [`${prefix}fifo_control`, openPlain],
      ]) {
        if (!isChosen(name)) continue;
        results.push(await measure(name, open(tenancy, statement), tenancy, quick, report));
      }
    }
  } finally {
    await tenancy.stop();
  }
  return results;
}

async function measure(name, { send, close }, { tenants }, quick, report) {
  const [noisy, ...quiet] = tenants;
  const rounds = quick ? 2 : 15;
  const phaseMs = quick ? 500 : 2_000;
  const samples = [];
  // Code and caches are warm when it counts.
  await quietP95(send, quiet, phaseMs);
  for (let round = 0; round < rounds; round++) {
    const unloaded = await quietP95(send, quiet, phaseMs);
    const stop = flood(send, noisy);
    // Until the queue is as long as it gets.
    await pause(200);
    const flooded = await quietP95(send, quiet, phaseMs);
    await stop();
    samples.push(Math.round((flooded / unloaded) * 100) / 100);
    report(`${name} round ${round + 1}/${rounds}`);
  }
  await close();
  return { name, value: Math.round(median(samples) * 100) / 100, unit: 'ratio', samples };
}

/** @returns stops it, and waits until nothing is under way */
function flood(send, tenant) {
  const stop = new AbortController();
  const worker = async () => {
    while (!stop.signal.aborted) await send(tenant);
  };
  const workers = Array.from({ length: FLOOD }, worker);
  return async () => {
    stop.abort();
    await Promise.all(workers);
  };
}

async function quietP95(send, tenants, milliseconds) {
  const end = performance.now() + milliseconds;
  const latencies = [];
  const worker = async (tenant) => {
    await pause(Math.random() * PAUSE_MS);
    while (performance.now() < end) {
      const from = performance.now();
      await send(tenant);
      latencies.push(performance.now() - from);
      await pause(PAUSE_MS);
    }
  };
  await Promise.all(tenants.map(worker));
  return quantile(latencies, 0.95);
}

function openShared({ connectionString }, statement) {
  const connections = new ConnectionManager({ connectionString, max: POOL_SIZE });
  const [text, values] = statement('"$tenant"');
  return {
    send: (tenant) => runWithTenant(tenant, () => connections.pool.query(text, values)),
    close: () => connections.close(),
  };
}

/** What it would be like without: who comes first is served first. */
function openPlain({ connectionString }, statement) {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  return {
    send: ({ schema }) => pool.query(...statement(`"${schema}"`)),
    close: () => pool.end(),
  };
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
