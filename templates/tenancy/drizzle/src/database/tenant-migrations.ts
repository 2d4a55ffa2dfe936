import { join } from 'node:path';
import {
  sqlMigrations,
  type ConnectionManager,
  type MigrationSource,
} from '@mt/runtime';

// The folder is in the same place seen from src and from dist.
const directory = join(import.meta.dirname, '../../migrations');

/** The SQL files that `npm run migration:generate` writes. */
export function tenantMigrations(
  connections: ConnectionManager,
): MigrationSource {
  return sqlMigrations(connections, { directory });
}
