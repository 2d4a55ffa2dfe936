// Both sides of what applications send: through the tenant pool, and written by hand for each tenant.
import { ConnectionManager, runWithTenant } from '@mt/runtime';
import { createTenantDatabase, tenantSchema } from '@mt/runtime/drizzle';
import { createTenantDataSource } from '@mt/runtime/typeorm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { pgSchema } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { evenly, randomNumbers } from './draw.mjs';
import { inContext } from './reads.mjs';
import { drizzleStatements, drizzleTables, typeormEntities, typeormStatements } from './shop.mjs';

const POOL_SIZE = 10;

/** What is prepared is the default's. */
const open = (connectionString, options) =>
  new ConnectionManager({ connectionString, max: POOL_SIZE, ...options });

/** Apart from the numbers by which tenants are drawn. */
const nextOf = (statements) => evenly(statements, randomNumbers(54_321));

/** @param draw how tenants are drawn: byZipf or evenly */
export function drizzleShop({ connectionString, tenants }, draw, options) {
  const connections = open(connectionString, options);
  const db = createTenantDatabase(connections);
  const tables = drizzleTables(tenantSchema);
  const nextTenant = draw(tenants);
  const nextStatement = nextOf(drizzleStatements);
  return {
    operation: () => runWithTenant(nextTenant(), () => nextStatement()(db, tables)),
    close: () => connections.close(),
  };
}

export function drizzleShopByHand({ connectionString, tenants }, draw) {
  const pool = new pg.Pool({ connectionString, max: POOL_SIZE });
  const db = drizzle(pool);
  const nextTables = draw(tenants.map(({ schema }) => drizzleTables(pgSchema(schema))));
  const nextStatement = nextOf(drizzleStatements);
  return {
    operation: () => {
      const tables = nextTables();
      return inContext(() => nextStatement()(db, tables));
    },
    close: () => pool.end(),
  };
}

export async function typeormShop({ connectionString, tenants }, draw) {
  const connections = open(connectionString);
  const entities = typeormEntities('$tenant');
  const source = await createTenantDataSource(connections, {
    entities: Object.values(entities),
  }).initialize();
  const repositories = repositoriesOf(source, entities);
  const nextTenant = draw(tenants);
  const nextStatement = nextOf(typeormStatements);
  return {
    operation: () => runWithTenant(nextTenant(), () => nextStatement()(repositories)),
    close: async () => {
      await source.destroy();
      await connections.close();
    },
  };
}

export async function typeormShopByHand({ connectionString, tenants }, draw) {
  const all = tenants.map(({ schema }) => typeormEntities(schema, schema));
  const source = await new DataSource({
    type: 'postgres',
    url: connectionString,
    poolSize: POOL_SIZE,
    entities: all.flatMap((entities) => Object.values(entities)),
  }).initialize();
  const nextRepositories = draw(all.map((entities) => repositoriesOf(source, entities)));
  const nextStatement = nextOf(typeormStatements);
  return {
    operation: () => {
      const repositories = nextRepositories();
      return inContext(() => nextStatement()(repositories));
    },
    close: () => source.destroy(),
  };
}

function repositoriesOf(source, { items, orders }) {
  return { items: source.getRepository(items), orders: source.getRepository(orders) };
}
