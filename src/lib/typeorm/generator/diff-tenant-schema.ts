import { SchemaDiffError } from '../../errors.js';
import { sharedSchemasIn } from '../shared-entity.js';
import type { TenantDataSourceOptions } from '../tenant-data-source.js';
import type { MigrationClass } from '../typeorm-migrations.js';
import { differences } from './describe-schema.js';
import type { Part, RecordingDataSource, SchemaChanges } from './recording-data-source.js';
import { withScratchDatabase } from './scratch-database.js';
import { ScratchTenant } from './scratch-tenant.js';

/**
 * The options of the application's DataSource, as far as they decide what tables entities have:
 * `namingStrategy`, `entityPrefix`, `metadataTableName`, `uuidExtension` and so on.
 */
export interface DiffTenantSchemaOptions extends Omit<
  TenantDataSourceOptions,
  'entities' | 'migrations'
> {
  /** Those of tenants, and those that tenants share. Others may be among them, and are left alone. */
  entities: NonNullable<TenantDataSourceOptions['entities']>;
  /** The migrations there are. */
  migrations: readonly MigrationClass[];
  /**
   * Those of the connection manager, where tenants find extensions. Those of the shared entities need
   * not be named. Default none.
   */
  sharedSchemas?: readonly string[];
}

/** What the next migration has to do, and how to undo it. Empty where nothing is missing. */
export interface TenantSchemaDiff extends SchemaChanges {
  /**
   * For whoever reads the migration, in sentences: what TypeORM does not compare, and what `down`
   * does not bring back. Where it does not work at all it is empty. Undefined where all is well.
   */
  readonly notes?: readonly string[];
  /**
   * The same for what tenants share, which is a migration of its own, with `shared = true`. Undefined
   * where nothing is missing there.
   */
  readonly shared?: TenantSchemaDiff;
}

/**
 * Compares the entities with what the migrations build, by TypeORM's own generator: in a scratch
 * database, which is dropped afterwards, with a tenant that is migrated like any other. What is
 * found is tried out there: forth, compared again, and back.
 *
 * @param connectionString a server on which a database may be created; it is not changed otherwise
 * @throws SchemaDiffError where TypeORM cannot write a migration that works, MigrationFailedError
 *
 * @example
 * ```ts
 * const { up, down } = await diffTenantSchema(process.env.DATABASE_URL, {
 *   ...typeormOptions,
 *   entities: entitiesOf(entities),
 *   migrations: Object.values(migrations),
 * });
 * ```
 */
export async function diffTenantSchema(
  connectionString: string,
  { migrations, sharedSchemas = [], ...options }: DiffTenantSchemaOptions,
): Promise<TenantSchemaDiff> {
  const schemas = [...new Set([...sharedSchemas, ...sharedSchemasIn(options.entities)])];
  return withScratchDatabase(connectionString, async (scratch) => {
    const tenant = new ScratchTenant(scratch, schemas, options);
    try {
      return await diff(tenant, migrations, schemas);
    } finally {
      await tenant.close();
    }
  });
}

function diff(
  tenant: ScratchTenant,
  migrations: readonly MigrationClass[],
  sharedSchemas: readonly string[],
): Promise<TenantSchemaDiff> {
  return tenant.run(async (dataSource) => {
    let extensions: string[] = [];
    const isShared = migrations.some((migration) => new migration().shared === true);
    await tenant.clear();
    let shared: TenantSchemaDiff | undefined;
    if (isShared || dataSource.sharedSchemas.size > 0) {
      shared = await diffPart('shared', tenant, dataSource, async () => {
        await tenant.clear();
        await tenant.clearShared();
        await tenant.migrate(migrations, 'shared');
        extensions = await dataSource.installExtensions(sharedSchemas);
      });
      // Those of tenants may refer to it.
      await tenant.execute(shared.up, 'shared');
    } else {
      await dataSource.createSchemas(sharedSchemas);
      extensions = await dataSource.installExtensions(sharedSchemas);
    }
    await dataSource.bringOthersUpToDate();

    const own = await diffPart('tenant', tenant, dataSource, async () => {
      await tenant.clear();
      await tenant.migrate(migrations, 'tenant');
    });
    const up = [...extensions, ...(shared?.up ?? [])];
    return up.length > 0 ? { ...own, shared: { down: [], ...shared, up } } : own;
  });
}

/**
 * What the migrations of a part lack. Afterwards its schemas are as the migrations make them.
 *
 * @param build makes them anew, as the migrations do
 */
async function diffPart(
  part: Part,
  tenant: ScratchTenant,
  dataSource: RecordingDataSource,
  build: () => Promise<void>,
): Promise<TenantSchemaDiff> {
  await build();
  await dataSource.removeEntities(part);
  await dataSource.bringUpToDate(part);
  const wanted = await dataSource.describe(part);

  await build();
  const present = await dataSource.describe(part);

  const changes = await dataSource.bringUpToDate(part, wanted);
  const again = await dataSource.bringUpToDate(part, wanted);
  if (again.up.length > 0) throw SchemaDiffError.unsettled(again.up);

  const notes: string[] = [];
  const reached = await dataSource.describe(part);
  const unseen = differences(wanted, reached).filter(
    // A key may have another name.
    (name) => wanted.has(name) && reached.has(name),
  );
  if (unseen.length > 0) {
    notes.push(
      `TypeORM does not compare all of: ${unseen.join(', ')}. Write a migration for it by hand.`,
    );
  }

  try {
    await tenant.execute(changes.down, part);
    const lost = differences(present, await dataSource.describe(part));
    if (lost.length > 0) notes.push(`down() does not bring back: ${lost.join(', ')}.`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    notes.push(`There is no way back, since TypeORM's fails: ${reason}.`);
    changes.down.length = 0;
    await build();
  }
  return { ...changes, ...(notes.length > 0 && { notes }) };
}
