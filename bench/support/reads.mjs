// Both sides of reads by primary key: through the tenant pool, and written by hand.
import { AsyncLocalStorage } from 'node:async_hooks';
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { eq } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { integer, pgSchema, varchar } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { DataSource, EntitySchema } from 'typeorm';
import { evenly } from './draw.mjs';

export const POOL_SIZE = 4;

const columns = () => ({
  id: integer().primaryKey().generatedAlwaysAsIdentity(),
  name: varchar({ length: 255 }).notNull(),
});
const nextId = evenly(Array.from({ length: 100 }, (_, index) => index + 1));

/**
 * The plain side has a request context too, as applications have for logging and tracing: what Node
 * itself takes for following it is not what is measured (`node.context_vs_none` is).
 */
const requestContext = new AsyncLocalStorage();
export const inContext = (operation) =>
  // A query builder is sent when it is awaited, and that has to be inside.
  requestContext.run({}, async () => operation());

const openWith = (options) => (context) =>
  new ConnectionManager({ connectionString: context.connectionString, max: POOL_SIZE, ...options });
const openWithRoles = (options) => (context) =>
  openWith({
    connectionString: context.applicationConnectionString,
    isolation: 'role',
    ...options,
  })(context);
const UNPREPARED = { preparedStatements: false };

export const open = openWith({});
export const openUnprepared = openWith(UNPREPARED);
export const openAsRoles = openWithRoles({});
export const openUnpreparedAsRoles = openWithRoles(UNPREPARED);
const openPlain = ({ connectionString }) => new pg.Pool({ connectionString, max: POOL_SIZE });

export function drizzleScoped(context, tenants, connect = openUnprepared) {
  const connections = connect(context);
  const db = createTenantDatabase(connections);
  const items = tenantSchema.table('items', columns());
  const next = evenly(tenants);
  return {
    operation: () =>
      runWithTenant(next(), () => db.select().from(items).where(eq(items.id, nextId()))),
    close: () => connections.close(),
  };
}

export function drizzleByHand(context, tenants) {
  const pool = openPlain(context);
  const db = drizzle(pool);
  const next = evenly(tenants.map(({ schema }) => pgSchema(schema).table('items', columns())));
  return {
    operation: () => {
      const items = next();
      return inContext(() => db.select().from(items).where(eq(items.id, nextId())));
    },
    close: () => pool.end(),
  };
}

function itemEntity(schema, name = 'Item') {
  return new EntitySchema({
    name,
    tableName: 'items',
    schema,
    columns: {
      id: { type: 'int', primary: true, generated: 'identity' },
      name: { type: 'varchar', length: 255 },
    },
  });
}

export async function typeormScoped(context, tenants, connect = openUnprepared) {
  const connections = connect(context);
  const entity = itemEntity('$tenant');
  const source = await createTenantDataSource(connections, { entities: [entity] }).initialize();
  const items = source.getRepository(entity);
  const next = evenly(tenants);
  return {
    operation: () => runWithTenant(next(), () => items.findOneBy({ id: nextId() })),
    close: async () => {
      await source.destroy();
      await connections.close();
    },
  };
}

export async function typeormByHand({ connectionString }, tenants) {
  const entities = tenants.map(({ schema }) => itemEntity(schema, schema));
  const source = await new DataSource({
    type: 'postgres',
    url: connectionString,
    poolSize: POOL_SIZE,
    entities,
  }).initialize();
  const next = evenly(entities.map((entity) => source.getRepository(entity)));
  return {
    operation: () => {
      const items = next();
      return inContext(() => items.findOneBy({ id: nextId() }));
    },
    close: () => source.destroy(),
  };
}

/** Without a schema, and with the one that stands for the tenant's. */
const BARE = 'select id, name from items where id = $1';
export const MARKED = 'select id, name from "$tenant".items where id = $1';

export function rawScoped(context, connect = openUnprepared, text = BARE) {
  const connections = connect(context);
  const next = evenly(context.tenants);
  return {
    operation: () => runWithTenant(next(), () => connections.pool.query(text, [nextId()])),
    close: () => connections.close(),
  };
}

export function rawBare(context, enter = inContext) {
  const pool = openPlain(context);
  const next = evenly(context.tenants);
  return {
    operation: () =>
      enter(() =>
        pool.query(`select id, name from "${next().schema}".items where id = $1`, [nextId()]),
      ),
    close: () => pool.end(),
  };
}
