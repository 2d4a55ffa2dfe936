// A process of its own that migrates, and is killed while it does. It uses the built package.
const {
  ConnectionManager,
  Migrator,
  TenantRegistry,
  sqlMigrations,
} = require('../../src/dist/cjs/index.js');

const [connectionString, directory] = process.argv.slice(2);
const connections = new ConnectionManager({ connectionString });
const migrator = new Migrator(
  connections,
  new TenantRegistry(connections),
  sqlMigrations(connections, { directory }),
);
void migrator.migrate({ onProgress: ({ done }) => done === 3 && process.send(done) });
