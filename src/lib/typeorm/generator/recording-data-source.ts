import type { DataSourceOptions, QueryRunner } from 'typeorm';
import { RdbmsSchemaBuilder } from 'typeorm/schema-builder/RdbmsSchemaBuilder.js';
import { withoutTenant } from '../../context.js';
import { SchemaDiffError } from '../../errors.js';
import { analyse } from '../../sql/analysis.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { TENANT_MARKER } from '../../sql/lexer.js';
import { TenantDataSource, type TenantDataSourceOptions } from '../tenant-data-source.js';
import { describeSchema, type SchemaDescription } from './describe-schema.js';
import { mendWayBack, type RecordingRunner } from './mend-way-back.js';
import { neededExtensions } from './needed-extensions.js';
import { portableStatement } from './portable-statement.js';
import { refuseEntities, refuseExtensions, refuseLongNames } from './refuse-entities.js';

interface Query {
  readonly query: string;
  readonly parameters?: readonly unknown[];
}

type Queries = Query | readonly Query[];

/** What changed a schema, in order, and what undoes it. */
export interface SchemaChanges {
  readonly up: string[];
  readonly down: string[];
}

/**
 * A DataSource that has TypeORM change a schema, and writes down the statements as they stand in a
 * migration, which is how they are sent. (TypeORM's own generator sends nothing, and so does not
 * know what it has made itself: a type that two tables have is created twice.)
 */
export class RecordingDataSource extends TenantDataSource {
  readonly #schema: string;
  /** Whether something that is there is what it has to be. */
  #isSettled: (name: string) => boolean = () => false;
  #ofTenant = true;
  #up: string[] = [];
  #down: string[] = [];

  /** @param schema the one that the marker stands for */
  constructor(options: DataSourceOptions, schema: string) {
    super(options);
    this.#schema = schema;
    const find = this.driver.findChangedColumns.bind(this.driver);
    this.driver.findChangedColumns = (columns, metadatas) =>
      find(columns, metadatas).filter(
        ({ entityMetadata, databaseName }) =>
          !this.#isSettled(`column ${entityMetadata.tableName}.${databaseName}`),
      );
  }

  /**
   * Makes the tenant's schema what its entities say.
   *
   * @param wanted what comes of the entities alone. TypeORM compares texts, and takes
   *   `now() + interval '1 day'` for another default than what PostgreSQL makes of it; what is the
   *   same to the server is left alone.
   * @throws SchemaDiffError where the server refuses a statement, and for what TypeORM cannot write
   */
  async bringUpToDate(wanted?: SchemaDescription): Promise<SchemaChanges> {
    refuseEntities(this.entityMetadatas);
    const present = await this.describe();
    this.#isSettled = (name) =>
      wanted?.has(name) === true && wanted.get(name) === present.get(name);
    return this.#synchronize((schema) => schema === TENANT_MARKER);
  }

  /** The same for entities in other schemas, to which those of tenants may refer. */
  async bringOthersUpToDate(): Promise<void> {
    const others = new Set(this.entityMetadatas.map(({ schema = '' }) => schema));
    others.delete(TENANT_MARKER);
    for (const schema of others) await this.#createSchema(schema);
    this.#ofTenant = false;
    try {
      await this.#synchronize((schema) => others.has(schema));
    } finally {
      this.#ofTenant = true;
    }
  }

  /**
   * Installs the extensions that entities need where the tenants find them: in the first of the
   * schemas that they share. What the server does not have is left out.
   *
   * @throws SchemaDiffError where they share none and need one
   */
  async installExtensions(sharedSchemas: readonly string[]): Promise<void> {
    const options = this.options as TenantDataSourceOptions;
    const { required, useful } = neededExtensions(this.entityMetadatas, options);
    const [schema] = sharedSchemas;
    if (schema === undefined) return refuseExtensions(required);
    for (const shared of sharedSchemas) await this.#createSchema(shared);
    const available: { name: string }[] = await this.query(
      'select name from pg_available_extensions where name = any ($1)',
      [[...required, ...useful]],
    );
    for (const { name } of available) {
      const into = `schema ${quoteIdentifier(schema)} cascade`;
      await this.#sendForAll(`create extension if not exists ${quoteIdentifier(name)} ${into}`);
    }
  }

  /** Removes what the entities are in the tenant's schema, and leaves what was made by hand. */
  async removeEntities(): Promise<void> {
    const tables = this.entityMetadatas
      .filter(({ schema, synchronize }) => schema === TENANT_MARKER && synchronize)
      .map(({ tableName }) => tableName);
    const statements: { drop: string }[] = await this.query(
      `select format('drop %s if exists %s cascade',
         case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
         oid::regclass) as drop
       from pg_class
       where relnamespace = $1::regnamespace and relname = any ($2) and relkind in ('r', 'p', 'v', 'm')
       union all
       select format('drop type if exists %s cascade', oid::regtype)
       from pg_type where typnamespace = $1::regnamespace and typtype = 'e'`,
      [this.#schema, tables],
    );
    for (const { drop } of statements) await this.query(drop);
  }

  /** The tenant's schema as it is. */
  describe(): Promise<SchemaDescription> {
    return describeSchema((text, values) => this.query(text, values), this.#schema);
  }

  override createQueryRunner(mode?: Parameters<TenantDataSource['createQueryRunner']>[0]) {
    const runner = super.createQueryRunner(mode) as RecordingRunner;
    runner.executeQueries = (up: Queries, down: Queries) => this.#execute(runner, up, down);
    return mendWayBack(runner);
  }

  async #synchronize(concerns: (schema: string) => boolean): Promise<SchemaChanges> {
    this.#up = [];
    this.#down = [];
    const asked = this.entityMetadatas.filter(({ synchronize }) => synchronize);
    for (const metadata of asked) metadata.synchronize = concerns(metadata.schema ?? '');
    try {
      await new RdbmsSchemaBuilder(this).build();
    } finally {
      for (const metadata of asked) metadata.synchronize = true;
    }
    return { up: this.#up, down: this.#down.toReversed() };
  }

  #createSchema(schema: string): Promise<void> {
    return this.#sendForAll(`create schema if not exists ${quoteIdentifier(schema)}`);
  }

  /** Tenants may not write where all of them read. */
  async #sendForAll(statement: string): Promise<void> {
    await withoutTenant(() => this.query(statement));
  }

  async #execute(runner: QueryRunner, up: Queries, down: Queries): Promise<void> {
    this.#down.push(...[down].flat().map((query) => this.#write(query)));
    for (const statement of [up].flat().map((query) => this.#write(query))) {
      this.#up.push(statement);
      refuseLongNames(statement);
      try {
        if (this.#ofTenant) await runner.query(statement);
        // But for TypeORM's notes, of which each tenant has its own.
        else if (!analyse(statement).marked) await this.#sendForAll(statement);
      } catch (error) {
        throw SchemaDiffError.refused(statement, error);
      }
    }
  }

  #write({ query, parameters }: Query): string {
    const origin = { schema: this.#schema, database: this.driver.database ?? '' };
    return portableStatement(query, parameters, origin);
  }
}
