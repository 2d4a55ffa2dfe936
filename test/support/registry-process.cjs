// A process of its own that serves tenants: it is sent a slug, and answers as it would a request. It
// believes what it has looked up for a minute. It uses the built package.
const { ConnectionManager, TenantRegistry } = require('../../src/dist/cjs/index.js');

const [connectionString, watches] = process.argv.slice(2);
const connections = new ConnectionManager({ connectionString, max: 1 });
const registry = new TenantRegistry(connections, { cacheTtlMs: 60_000 });

process.on('message', (slug) => {
  registry.getActive(slug).then(
    () => process.send('served'),
    (error) => process.send(error.code),
  );
});

async function start() {
  if (watches === 'watch') await registry.watch();
  process.send('ready');
}
void start();
