import { ConnectionManager } from '../connections/connection-manager.js';
import { createTenantDatabase } from '../drizzle/index.js';
import { createTenantDataSource, type TenantDataSourceOptions } from '../typeorm/index.js';

// Nothing connects before it is used.
const connections = new ConnectionManager({ connectionString: 'postgres://localhost/nowhere' });

const invalid = { code: 'CONFIGURATION_INVALID', remedy: expect.any(String) as string };

it.each<TenantDataSourceOptions>([
  { cache: true },
  { synchronize: true },
  { dropSchema: true },
  { migrationsRun: true },
  { replication: { master: {}, slaves: [] } },
])('TypeORM’s options that would reach past the tenant are refused: %j', (options) => {
  expect(() => createTenantDataSource(connections, options)).toThrow(
    expect.objectContaining(invalid) as Error,
  );
});

it('Drizzle’s query cache, which knows results by their SQL, is refused', () => {
  const options = { cache: {} } as object;
  expect(() => createTenantDatabase(connections, options)).toThrow(
    expect.objectContaining(invalid) as Error,
  );
});
