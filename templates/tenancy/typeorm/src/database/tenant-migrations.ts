import type { ConnectionManager, MigrationSource } from '@mt/runtime';
import { typeormMigrations } from '@mt/runtime/typeorm';
import * as migrations from './migrations/index.js';
import { typeormOptions } from './typeorm-options.js';

/** The classes that `npm run migration:generate` writes. */
export function tenantMigrations(
  connections: ConnectionManager,
): MigrationSource {
  return typeormMigrations(
    connections,
    Object.values(migrations),
    typeormOptions,
  );
}
