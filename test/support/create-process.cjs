// A process of its own that creates a tenant, and is killed while it does. It uses the built package.
const {
  ConnectionManager,
  Migrator,
  TenantRegistry,
  Tenants,
  sqlMigrations,
} = require('../../src/dist/cjs/index.js');

const [connectionString, directory, slug] = process.argv.slice(2);
const connections = new ConnectionManager({ connectionString });
const registry = new TenantRegistry(connections);
const migrator = new Migrator(connections, registry, sqlMigrations(connections, { directory }));
void new Tenants(registry, migrator).create({ slug, name: 'Of the process that died' });
