import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import {
  ConnectionManager,
  Migrator,
  runWithTenant,
  TenantRegistry,
  Tenants,
  type ConnectionManagerOptions,
  type Tenant,
} from '@mt/runtime';
import { createLogins } from '@mt/runtime/embedded';
import {
  createTenantDataSource,
  typeormMigrations,
  type MigrationClass,
  type TenantDataSource,
  type TenantDataSourceOptions,
} from '@mt/runtime/typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { TestDatabase } from '../../support/database';
import { WrittenMigrations } from './written-migration';

export type Isolation = NonNullable<ConnectionManagerOptions['isolation']>;

/** An application with its tenants, over a database that several of them may share. */
export class Application {
  readonly #id = randomUUID().slice(0, 8);
  readonly #registry: TenantRegistry;
  #migrations: MigrationClass[] = [];

  private constructor(
    readonly connections: ConnectionManager,
    readonly options: TenantDataSourceOptions,
  ) {
    this.#registry = new TenantRegistry(connections, { controlSchema: `control_${this.#id}` });
  }

  static async start(
    database: TestDatabase,
    isolation: Isolation,
    options: TenantDataSourceOptions = {},
    sharedSchemas: readonly string[] = [],
  ): Promise<Application> {
    const { connectionString } = database;
    const login =
      isolation === 'role' ? await createLogins(connectionString) : { connectionString };
    const application = new Application(
      new ConnectionManager({ ...login, isolation, sharedSchemas }),
      options,
    );
    await application.#registry.setup();
    return application;
  }

  get migrations(): readonly MigrationClass[] {
    return this.#migrations;
  }

  add(migration: MigrationClass): void {
    this.#migrations.push(migration);
  }

  createTenant(name: string): Promise<Tenant> {
    const tenants = new Tenants(this.#registry, this.#migrator());
    return tenants.create({ slug: `${name}-${this.#id}`, name });
  }

  async migrate(): Promise<void> {
    const { failed } = await this.#migrator().migrate();
    for (const { error } of failed) throw error;
  }

  /** Takes one migration back for one tenant. */
  async undo(tenant: Tenant, migration: MigrationClass): Promise<void> {
    const done = new migration();
    class Undone implements MigrationInterface {
      name = done.name;
      up = (runner: QueryRunner) => done.down(runner);
      down = (runner: QueryRunner) => done.up(runner);
    }
    const source = typeormMigrations(this.connections, [Undone], this.options);
    const [undo] = await source.load();
    await source.transaction(tenant, async (session) => undo?.up(session));
  }

  /** As a tenant, with the application's DataSource. */
  async run<T>(
    tenant: Tenant,
    entities: TenantDataSourceOptions['entities'],
    work: (dataSource: TenantDataSource) => Promise<T>,
  ): Promise<T> {
    const options = { ...this.options, entities };
    const dataSource = await createTenantDataSource(this.connections, options).initialize();
    try {
      return await runWithTenant(tenant, () => work(dataSource));
    } finally {
      await dataSource.destroy();
    }
  }

  /** As a tenant, with the login that owns the tables. */
  async asOwner(tenant: Tenant, text: string): Promise<void> {
    await runWithTenant(tenant, () => this.connections.adminPool.query(text));
  }

  #migrator(): Migrator {
    const source = typeormMigrations(this.connections, this.#migrations, this.options);
    return new Migrator(this.connections, this.#registry, source);
  }
}

/** Files of migrations, which are removed after the tests. */
export function useWrittenMigrations(): WrittenMigrations {
  const written = new WrittenMigrations();
  afterAll(() => rmSync(written.directory, { recursive: true }));
  return written;
}
