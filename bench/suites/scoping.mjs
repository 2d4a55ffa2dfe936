// What does it cost that every statement finds its tenant? Each figure is a ratio of rates: through
// the tenant pool, divided by the same reads without it.
import { canPin, onServerCores } from '../support/cores.mjs';
import { byZipf, evenly } from '../support/draw.mjs';
import { measureHeap } from '../support/heap.mjs';
import { compare } from '../support/interleave.mjs';
import {
  drizzleByHand,
  drizzleScoped,
  MARKED,
  open,
  openAsRoles,
  openUnpreparedAsRoles,
  POOL_SIZE,
  rawBare,
  rawScoped,
  typeormByHand,
  typeormScoped,
} from '../support/reads.mjs';
import {
  drizzleShop,
  drizzleShopByHand,
  typeormShop,
  typeormShopByHand,
} from '../support/shop-sides.mjs';
import { ORDERS } from '../support/shop.mjs';
import { ITEMS, startTenancy } from '../support/tenancy.mjs';

/** Processes that have run for a while: of the rare statements each has to see two before they count. */
const SHOP = { times: { warmUpRounds: 2, instances: 0.5 } };

/** What else the machine does shows in the slowest first. */
const LATENCY = { metric: 'p99', concurrency: POOL_SIZE / 2, times: { rounds: 3 } };

export const goals = {
  'drizzle.prepared_single_vs_plain': { atLeast: 1.35 },
  'drizzle.prepared_zipf_vs_plain': { atLeast: 1.25 },
  'typeorm.prepared_zipf_vs_plain': { atLeast: 1.15 },
  'drizzle.prepared_uniform_vs_unprepared': { atLeast: 0.97 },
  'drizzle.role_vs_schema': { atLeast: 0.95 },
  'typeorm.role_vs_schema': { atLeast: 0.95 },
  'latency.p99_prepared_vs_bare': { atMost: 1.05 },
  'drizzle.scoped_vs_single': { atLeast: 0.87 },
  'typeorm.scoped_vs_single': { atLeast: 0.87 },
  'drizzle.tenants_vs_handwritten': { atLeast: 0.87 },
  'typeorm.tenants_vs_handwritten': { atLeast: 0.87 },
  'drizzle.role_vs_handwritten': { atLeast: 0.85 },
  'typeorm.tenants_vs_one': {},
  'raw.scoped_vs_bare': { atLeast: 0.85 },
  'latency.p99_scoped_vs_bare': { atMost: 1.15 },
  'latency.p99_at_full_load': {},
  'node.context_vs_none': {},
  heap_per_tenant_bytes: { atMost: 1024 },
};

const one = ({ tenants }) => tenants.slice(0, 1);
const all = ({ tenants }) => tenants;

/** Both sides of a pair send the same statements to the same tables, over pools of the same size. */
export const pairs = {
  // As it is by default: what repeats is prepared.
  'drizzle.prepared_single_vs_plain': {
    subject: (context) => drizzleScoped(context, one(context), open),
    control: (context) => drizzleByHand(context, one(context)),
  },
  'drizzle.prepared_zipf_vs_plain': {
    ...SHOP,
    subject: (context) => drizzleShop(context, byZipf),
    control: (context) => drizzleShopByHand(context, byZipf),
  },
  'typeorm.prepared_zipf_vs_plain': {
    ...SHOP,
    subject: (context) => typeormShop(context, byZipf),
    control: (context) => typeormShopByHand(context, byZipf),
  },
  // More statements than are kept, all used alike: what is gained by none must cost nothing.
  'drizzle.prepared_uniform_vs_unprepared': {
    ...SHOP,
    subject: (context) => drizzleShop(context, evenly),
    control: (context) => drizzleShop(context, evenly, { preparedStatements: false }),
  },
  'drizzle.role_vs_schema': {
    subject: (context) => drizzleScoped(context, all(context), openAsRoles),
    control: (context) => drizzleScoped(context, all(context), open),
  },
  'typeorm.role_vs_schema': {
    subject: (context) => typeormScoped(context, all(context), openAsRoles),
    control: (context) => typeormScoped(context, all(context), open),
  },
  // Half as many at a time as there are connections. With all of them the server's core is full, and
  // how long a statement takes tells again how many there are in a second.
  'latency.p99_prepared_vs_bare': {
    ...LATENCY,
    subject: (context) => rawScoped(context, open, MARKED),
    control: rawBare,
  },
  // What remains behind a pooler that keeps no prepared statements.
  'drizzle.scoped_vs_single': {
    subject: (context) => drizzleScoped(context, one(context)),
    control: (context) => drizzleByHand(context, one(context)),
  },
  'typeorm.scoped_vs_single': {
    subject: (context) => typeormScoped(context, one(context)),
    control: (context) => typeormByHand(context, one(context)),
  },
  // Both touch the same thousand tables, so that the server does the same work for both.
  'drizzle.tenants_vs_handwritten': {
    subject: (context) => drizzleScoped(context, all(context)),
    control: (context) => drizzleByHand(context, all(context)),
  },
  'typeorm.tenants_vs_handwritten': {
    subject: (context) => typeormScoped(context, all(context)),
    control: (context) => typeormByHand(context, all(context)),
  },
  'drizzle.role_vs_handwritten': {
    subject: (context) => drizzleScoped(context, all(context), openUnpreparedAsRoles),
    control: (context) => drizzleByHand(context, all(context)),
  },
  'typeorm.tenants_vs_one': {
    subject: (context) => typeormScoped(context, all(context)),
    control: (context) => typeormScoped(context, one(context)),
  },
  'raw.scoped_vs_bare': {
    subject: rawScoped,
    control: rawBare,
  },
  'latency.p99_scoped_vs_bare': {
    ...LATENCY,
    subject: rawScoped,
    control: rawBare,
  },
  'latency.p99_at_full_load': {
    metric: 'p99',
    concurrency: POOL_SIZE,
    subject: rawScoped,
    control: rawBare,
  },
  'node.context_vs_none': {
    subject: rawBare,
    control: (context) => rawBare(context, (operation) => operation()),
  },
};

export async function run({ quick, short, isChosen, report }) {
  const options = {
    ...LENGTHS[quick ? 'quick' : short ? 'short' : 'full'],
    concurrency: 16,
    report,
  };
  const tenancy = await onServerCores(() =>
    startTenancy(quick ? 50 : 1_000, report, ITEMS + ORDERS),
  );
  const { connectionString, applicationConnectionString, tenants } = tenancy;
  const context = { connectionString, applicationConnectionString, tenants };
  const isWanted = (name) => isChosen(name) && !(short && isOnlyReported(name));
  try {
    const results = [];
    for (const name of Object.keys(pairs).filter(isWanted)) {
      const { metric, concurrency = options.concurrency, times = {} } = pairs[name];
      results.push(
        await compare(import.meta.url, name, context, {
          ...options,
          metric,
          concurrency,
          instances: Math.ceil(options.instances * (times.instances ?? 1)),
          rounds: options.rounds * (times.rounds ?? 1),
          warmUpRounds: options.warmUpRounds * (times.warmUpRounds ?? 1),
        }),
      );
    }
    if (isWanted('heap_per_tenant_bytes')) {
      results.push(await measureHeap(context.connectionString, quick ? 1_000 : 10_000, report));
    }
    return { ownCores: canPin, results };
  } finally {
    await tenancy.stop();
  }
}

const isOnlyReported = (name) => Object.keys(goals[name]).length === 0;

/**
 * `short` decides in half a minute a figure; `quick` shows that it works. A statement of TypeORM takes
 * Node 880 µs in the first turns of a process, 190 after two seconds and 90 after five: what is
 * measured before is how V8 gets to know the code, of which the one side has more.
 */
const LENGTHS = {
  full: { instances: 6, rounds: 10, warmUpRounds: 20, roundMs: 300 },
  short: { instances: 2, rounds: 8, warmUpRounds: 16, roundMs: 300 },
  quick: { instances: 1, rounds: 3, warmUpRounds: 1, roundMs: 150 },
};
