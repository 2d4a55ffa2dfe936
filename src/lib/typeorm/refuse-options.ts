import type { DataSourceOptions } from 'typeorm';
import { ConfigurationError } from '../errors.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

const CONNECTIONS = 'Connections are those of the connection manager: set it there.';

/**
 * Every option of TypeORM for PostgreSQL: true where it is heeded, or what to do instead. None is dropped
 * in silence.
 */
const OPTIONS: Readonly<Record<keyof PostgresOptions, true | string>> = {
  applicationName: CONNECTIONS,
  cache:
    'Cache in your services, keyed by the tenant’s id: TypeORM knows results by SQL and parameters, which are the same for all tenants.',
  connectTimeoutMS: `${CONNECTIONS} It is \`connectionTimeoutMs\`.`,
  database: CONNECTIONS,
  driver: 'Remove it: the driver is the tenant pool.',
  dropSchema: 'Remove it: it drops schemas at start-up.',
  entities: true,
  entityPrefix: true,
  entitySkipConstructor: true,
  // By the generator of migrations.
  extensions: true,
  extra: `${CONNECTIONS} What node-postgres takes goes into \`pool\`.`,
  host: CONNECTIONS,
  installExtensions:
    'Install extensions once, by a shared migration: a process that starts must not change the database.',
  invalidWhereValuesBehavior: true,
  isolateWhereStatements: true,
  isolationLevel: true,
  logNotifications:
    'Notifications come to connections that listen: connections.separateClient() is one of your own.',
  logger: true,
  logging: true,
  maxQueryExecutionTime: true,
  metadataTableName: true,
  migrations: true,
  migrationsRun: 'Use the Migrator: it migrates every tenant and keeps one ledger.',
  migrationsTableName: true,
  migrationsTransactionMode: true,
  namingStrategy: true,
  nativeDriver: 'Remove it: the driver is the tenant pool.',
  parseInt8: true,
  password: CONNECTIONS,
  poolErrorHandler: 'Listen to onDiagnostics(): the pool is that of the connection manager.',
  poolSize: `${CONNECTIONS} It is \`max\`.`,
  port: CONNECTIONS,
  relationLoadStrategy: true,
  replication: 'Configure placements of the connection manager.',
  schema: true,
  ssl: CONNECTIONS,
  subscribers: true,
  synchronize: 'Write migrations: `synchronize` changes tables without a record.',
  type: true,
  typename: true,
  url: CONNECTIONS,
  useUTC: true,
  username: CONNECTIONS,
  uuidExtension: true,
};

/** @throws ConfigurationError for an option that could not be heeded, unless it is switched off */
export function refuseOptions(options: Partial<PostgresOptions>): void {
  for (const [option, value] of Object.entries(options)) {
    const remedy = OPTIONS[option as keyof PostgresOptions];
    if (remedy === true || remedy === undefined) continue;
    if (value === undefined || value === false) continue;
    throw new ConfigurationError(`TypeORM’s option ${option} cannot be used with tenants.`, {
      remedy,
    });
  }
}
