// What does it cost that every statement finds its tenant? Each figure is a ratio of rates: through
// the tenant pool, divided by the same reads without it.
import { AsyncLocalStorage } from 'node:async_hooks';
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgSchema, varchar } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import { measureHeap } from '../support/heap.mjs';
import { canPin, onServerCores } from '../support/cores.mjs';
import { compare } from '../support/interleave.mjs';
import { cycle, startTenancy } from '../support/tenancy.mjs';

const POOL_SIZE = 4;

export const goals = {
  'drizzle.scoped_vs_single': { atLeast: 0.97 },
  'typeorm.scoped_vs_single': { atLeast: 0.97 },
  'drizzle.tenants_vs_handwritten': { atLeast: 0.97 },
  'typeorm.tenants_vs_one': {},
  'drizzle.role_vs_handwritten': { atLeast: 0.9 },
  'typeorm.role_vs_schema': { atLeast: 0.9 },
  'raw.scoped_vs_bare': { atLeast: 0.85 },
  'latency.p99_scoped_vs_bare': { atMost: 1.15 },
  'latency.p99_at_full_load': {},
  'node.context_vs_none': {},
  heap_per_tenant_bytes: { atMost: 1024 },
};

/** Both sides of a pair read the same rows by primary key, over pools of the same size. */
export const pairs = {
  'drizzle.scoped_vs_single': {
    subject: (context) => drizzleScoped(context, context.tenants.slice(0, 1)),
    control: (context) => drizzleByHand(context, context.tenants.slice(0, 1)),
  },
  'typeorm.scoped_vs_single': {
    subject: (context) => typeormScoped(context, context.tenants.slice(0, 1)),
    control: typeormSingle,
  },
  // Both touch the same thousand tables, so that the server does the same work for both.
  'drizzle.tenants_vs_handwritten': {
    subject: (context) => drizzleScoped(context, context.tenants),
    control: (context) => drizzleByHand(context, context.tenants),
  },
  'typeorm.tenants_vs_one': {
    subject: (context) => typeormScoped(context, context.tenants),
    control: (context) => typeormScoped(context, context.tenants.slice(0, 1)),
  },
  'drizzle.role_vs_handwritten': {
    subject: (context) => drizzleScoped(context, context.tenants, openAsRoles),
    control: (context) => drizzleByHand(context, context.tenants),
  },
  'typeorm.role_vs_schema': {
    subject: (context) => typeormScoped(context, context.tenants, openAsRoles),
    control: (context) => typeormScoped(context, context.tenants),
  },
  'raw.scoped_vs_bare': {
    subject: rawScoped,
    control: rawBare,
  },
  // Half as many at a time as there are connections. With all of them the server's core is full, and
  // how long a statement takes tells again how many there are in a second.
  'latency.p99_scoped_vs_bare': {
    metric: 'p99',
    concurrency: POOL_SIZE / 2,
    // What else the machine does shows in the slowest first.
    rounds: 30,
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

export async function run({ quick, only, report }) {
  const options = {
    instances: quick ? 1 : 8,
    rounds: quick ? 3 : 10,
    warmUpRounds: quick ? 1 : 8,
    roundMs: quick ? 150 : 300,
    concurrency: 16,
    report,
  };
  const tenancy = await onServerCores(() => startTenancy(quick ? 50 : 1_000, report));
  const { connectionString, applicationConnectionString, tenants } = tenancy;
  const context = { connectionString, applicationConnectionString, tenants };
  try {
    const results = [];
    for (const name of Object.keys(pairs).filter((key) => key.startsWith(only))) {
      const { subject: _, control: __, ...own } = pairs[name];
      const rounds = quick ? options.rounds : (own.rounds ?? options.rounds);
      results.push(await compare(import.meta.url, name, context, { ...options, ...own, rounds }));
    }
    if ('heap_per_tenant_bytes'.startsWith(only)) {
      results.push(await measureHeap(context.connectionString, quick ? 1_000 : 10_000, report));
    }
    return { ownCores: canPin, results };
  } finally {
    await tenancy.stop();
  }
}

const columns = () => ({
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 255 }).notNull(),
});
const nextId = cycle(Array.from({ length: 100 }, (_, index) => index + 1));

/**
 * The plain side has a request context too, as applications have for logging and tracing: what Node
 * itself takes for following it is not what is measured (`node.context_vs_none` is).
 */
const requestContext = new AsyncLocalStorage();
const inContext = (operation) =>
  // A query builder is sent when it is awaited, and that has to be inside.
  requestContext.run({}, async () => operation());

const open = ({ connectionString }) => new ConnectionManager({ connectionString, max: POOL_SIZE });
const openAsRoles = ({ applicationConnectionString }) =>
  new ConnectionManager({
    connectionString: applicationConnectionString,
    isolation: 'role',
    max: POOL_SIZE,
  });
const openPlain = ({ connectionString }) => new pg.Pool({ connectionString, max: POOL_SIZE });

function drizzleScoped(context, tenants, connect = open) {
  const connections = connect(context);
  const db = createTenantDatabase(connections);
  const items = tenantSchema.table('items', columns());
  const next = cycle(tenants);
  return {
    operation: () =>
      runWithTenant(next(), () => db.select().from(items).where(eq(items.id, nextId()))),
    close: () => connections.close(),
  };
}

function drizzleByHand(context, tenants) {
  const pool = openPlain(context);
  const db = drizzle(pool);
  const next = cycle(tenants.map(({ schema }) => pgSchema(schema).table('items', columns())));
  return {
    operation: () => {
      const items = next();
      return inContext(() => db.select().from(items).where(eq(items.id, nextId())));
    },
    close: () => pool.end(),
  };
}

function itemEntity(schema) {
  return new EntitySchema({
    name: 'Item',
    tableName: 'items',
    schema,
    columns: {
      id: { type: 'int', primary: true, generated: 'identity' },
      name: { type: 'varchar', length: 255 },
    },
  });
}

async function typeormScoped(context, tenants, connect = open) {
  const connections = connect(context);
  const entity = itemEntity('$tenant');
  const source = await createTenantDataSource(connections, { entities: [entity] }).initialize();
  const items = source.getRepository(entity);
  const next = cycle(tenants);
  return {
    operation: () => runWithTenant(next(), () => items.findOneBy({ id: nextId() })),
    close: async () => {
      await source.destroy();
      await connections.close();
    },
  };
}

async function typeormSingle({ connectionString, tenants }) {
  const entity = itemEntity(tenants[0].schema);
  const source = await new DataSource({
    type: 'postgres',
    url: connectionString,
    poolSize: POOL_SIZE,
    entities: [entity],
  }).initialize();
  const items = source.getRepository(entity);
  return {
    operation: () => inContext(() => items.findOneBy({ id: nextId() })),
    close: () => source.destroy(),
  };
}

function rawScoped(context) {
  const connections = open(context);
  const next = cycle(context.tenants);
  const text = 'select id, name from items where id = $1';
  return {
    operation: () => runWithTenant(next(), () => connections.pool.query(text, [nextId()])),
    close: () => connections.close(),
  };
}

function rawBare(context, enter = inContext) {
  const pool = openPlain(context);
  const next = cycle(context.tenants);
  return {
    operation: () =>
      enter(() =>
        pool.query(`select id, name from "${next().schema}".items where id = $1`, [nextId()]),
      ),
    close: () => pool.end(),
  };
}
