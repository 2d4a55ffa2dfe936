import { TenancyError } from '@mt/runtime';
import {
  diffTenantSchema,
  entitiesOf,
  type TenantSchemaDiff,
} from '@mt/runtime/typeorm';
import { NestFactory } from '@nestjs/core';
import { Command } from 'commander';
import { EnvironmentModule } from '../../config/environment.module.js';
import { environment, type Environment } from '../../config/environment.js';
import { DatabaseServer } from '../database-server.js';
import * as entities from '../entities.js';
import * as migrations from '../migrations/index.js';
import { typeormOptions } from '../typeorm-options.js';
import { writeMigration } from './write-migration.js';

async function generate(name: string) {
  const server = await startServer();
  try {
    const { shared, ...changes } = await diffTenantSchema(
      server.connectionString,
      {
        ...typeormOptions,
        entities: entitiesOf(entities),
        migrations: Object.values(migrations),
      },
    );
    if (shared) {
      console.log(
        `Wrote ${await writeMigration(`shared-${name}`, shared, true)}`,
      );
      warn(shared);
    }
    if (changes.up.length > 0) {
      console.log(`Wrote ${await writeMigration(name, changes)}`);
    } else if (!shared) {
      console.log('No changes: the migrations make what the entities say.');
    }
    warn(changes);
  } finally {
    await server.stop();
  }
}

function warn({ up, notes = [] }: TenantSchemaDiff): void {
  if (up.some((sql) => / DROP COLUMN /.test(sql))) {
    console.warn('It drops columns, with what is in them: read it first.');
  }
  for (const note of notes) console.warn(note);
}

async function startServer(): Promise<DatabaseServer> {
  const app = await NestFactory.createApplicationContext(EnvironmentModule, {
    logger: false,
    abortOnError: false,
  });
  const env = app.get<Environment>(environment.KEY);
  // A scratch database is created, which the application's own login may not be allowed to do.
  return DatabaseServer.start(env.DATABASE_ADMIN_URL ?? env.DATABASE_URL);
}

/** By the state of PostgreSQL's "permission denied". */
function isDenied(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '42501';
}

try {
  await new Command('migration:generate')
    .description('write a migration for what the entities lack in the database')
    .argument(
      '[name]',
      'what it does, for example add-phone-to-users',
      'change',
    )
    .action(generate)
    .parseAsync();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  if (error instanceof TenancyError && error.remedy) {
    console.error(error.remedy);
  }
  if (isDenied(error)) {
    console.error('Use a login with CREATEDB, or the embedded PostgreSQL.');
  }
  process.exitCode = 1;
}
