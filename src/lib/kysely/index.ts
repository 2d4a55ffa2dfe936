export {
  kyselyMigrations,
  type KyselyMigrationProvider,
  type KyselyMigrationsOptions,
} from './kysely-migrations.js';
