import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ConnectionManager, TenantRegistry } from '@mt/runtime';

/** What the process keeps for each tenant that it has looked up. */
export async function measureHeap(connectionString, count, report) {
  const connections = new ConnectionManager({ connectionString });
  await connections.unscopedQuery(
    `insert into tenancy.tenants (slug, schema_name, placement, status, name)
     select 'heap-' || n, 'tenant_heap_' || n, 'main', 'active', 'Heap ' || n
     from generate_series(1, $1::int) n`,
    [count],
  );
  const collect = garbageCollector();
  const registry = new TenantRegistry(connections, { cacheTtlMs: 3_600_000 });
  await registry.find('heap-1');
  const before = collect();
  for (let n = 1; n <= count; n++) await registry.find(`heap-${n}`);
  const after = collect();
  // Still used here, so that it is not collected above.
  if (!(await registry.find(`heap-${count}`))) throw new Error('The registry lost a tenant.');
  await connections.close();
  report(`heap of ${count} tenants`);
  const bytes = Math.round((after - before) / count);
  return { name: 'heap_per_tenant_bytes', value: bytes, unit: 'bytes', samples: [bytes] };
}

function garbageCollector() {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  return () => {
    for (let pass = 0; pass < 5; pass++) gc();
    return process.memoryUsage().heapUsed;
  };
}
