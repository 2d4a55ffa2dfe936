import type { DataSourceOptions, EntityMetadata, QueryRunner } from 'typeorm';
import { RdbmsSchemaBuilder } from 'typeorm/schema-builder/RdbmsSchemaBuilder.js';
import { withoutTenant } from '../../context.js';
import { SchemaDiffError } from '../../errors.js';
import { analyse } from '../../sql/analysis.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { TENANT_MARKER } from '../../sql/lexer.js';
import { isMadeForAll, sharedSchemasOf } from '../shared-entity.js';
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

/** What is made for each tenant, and what is made once for all of them. */
export type Part = 'tenant' | 'shared';

/**
 * A DataSource that has TypeORM change a schema, and writes down the statements as they stand in a
 * migration, which is how they are sent. (TypeORM's own generator sends nothing, and so does not
 * know what it has made itself: a type that two tables have is created twice.)
 */
export class RecordingDataSource extends TenantDataSource {
  readonly #schema: string;
  /** Whether something that is there is what it has to be. */
  #isSettled: (name: string) => boolean = () => false;
  #part: Part = 'tenant';
  #sharedSchemas: ReadonlySet<string> = new Set();
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
          !this.#isSettled(columnName(this.#part, entityMetadata, databaseName)),
      );
  }

  override async initialize(): Promise<this> {
    await super.initialize();
    this.#sharedSchemas = sharedSchemasOf(this.entityMetadatas);
    return this;
  }

  /** The schemas of entities that all tenants share. */
  get sharedSchemas(): ReadonlySet<string> {
    return this.#sharedSchemas;
  }

  /**
   * Makes the schema of a part what its entities say.
   *
   * @param wanted what comes of the entities alone. TypeORM compares texts, and takes
   *   `now() + interval '1 day'` for another default than what PostgreSQL makes of it; what is the
   *   same to the server is left alone.
   * @throws SchemaDiffError where the server refuses a statement, and for what TypeORM cannot write
   */
  async bringUpToDate(part: Part, wanted?: SchemaDescription): Promise<SchemaChanges> {
    refuseEntities(this.entityMetadatas);
    const present = await this.describe(part);
    this.#isSettled = (name) =>
      wanted?.has(name) === true && wanted.get(name) === present.get(name);
    return this.#synchronize(part, (metadata) => this.#partOf(metadata) === part);
  }

  /** The same for entities that migrations do not make, to which those of tenants may refer. */
  async bringOthersUpToDate(): Promise<void> {
    const others = this.entityMetadatas.filter((metadata) => !this.#partOf(metadata));
    await this.createSchemas(others.map(({ schema = '' }) => schema));
    this.#isSettled = () => false;
    await this.#synchronize('shared', (metadata) => others.includes(metadata));
  }

  async createSchemas(schemas: Iterable<string>): Promise<void> {
    for (const schema of new Set(schemas)) {
      await this.#sendForAll(`create schema if not exists ${quoteIdentifier(schema)}`);
    }
  }

  /**
   * Installs the extensions that entities need where the tenants find them: in the first of the
   * schemas that they share. What the server does not have is left out.
   *
   * @returns the statements for those that are required and were not there
   * @throws SchemaDiffError where they share none and need one
   */
  async installExtensions(sharedSchemas: readonly string[]): Promise<string[]> {
    const options = this.options as TenantDataSourceOptions;
    const { required, useful } = neededExtensions(this.entityMetadatas, options);
    const [schema] = sharedSchemas;
    if (schema === undefined) {
      refuseExtensions(required);
      return [];
    }
    const missing: { name: string }[] = await this.query(
      `select name from pg_available_extensions where name = any ($1) and installed_version is null`,
      [[...required, ...useful]],
    );
    const statements: string[] = [];
    for (const { name } of missing) {
      const into = `SCHEMA ${quoteIdentifier(schema)} CASCADE`;
      const statement = `CREATE EXTENSION IF NOT EXISTS ${quoteIdentifier(name)} ${into}`;
      await this.#sendForAll(statement);
      if (required.includes(name)) statements.push(statement);
    }
    return statements;
  }

  /** Removes what the entities are in the schemas of a part, and leaves what was made by hand. */
  async removeEntities(part: Part): Promise<void> {
    const tables = this.entityMetadatas
      .filter((metadata) => this.#partOf(metadata) === part && metadata.synchronize)
      .map(({ tableName }) => tableName);
    const statements: { drop: string }[] = await this.query(
      `select format('drop %s if exists %s cascade',
         case relkind when 'v' then 'view' when 'm' then 'materialized view' else 'table' end,
         oid::regclass) as drop
       from pg_class
       where relnamespace::regnamespace::text = any ($1) and relname = any ($2)
         and relkind in ('r', 'p', 'v', 'm')
       union all
       select format('drop type if exists %s cascade', oid::regtype)
       from pg_type where typnamespace::regnamespace::text = any ($1) and typtype = 'e'`,
      [this.#schemasOf(part), tables],
    );
    const send = (text: string) => this.query(text);
    for (const { drop } of statements) {
      await (part === 'tenant' ? send(drop) : this.#sendForAll(drop));
    }
  }

  /** The schemas of a part as they are. */
  async describe(part: Part): Promise<SchemaDescription> {
    const query = (text: string, values: unknown[]) => this.query(text, values);
    if (part === 'tenant') return describeSchema(query, this.#schema);
    const descriptions = await Promise.all(
      [...this.#sharedSchemas].map(async (schema) =>
        [...(await describeSchema(query, schema))].map(
          ([name, definition]) => [name.replace(' ', ` ${schema}.`), definition] as const,
        ),
      ),
    );
    return new Map(descriptions.flat());
  }

  /** @returns undefined for entities that no migration makes */
  #partOf(metadata: EntityMetadata): Part | undefined {
    if (metadata.schema === TENANT_MARKER) return 'tenant';
    return isMadeForAll(metadata, this.#sharedSchemas) ? 'shared' : undefined;
  }

  #schemasOf(part: Part): readonly string[] {
    return part === 'tenant' ? [this.#schema] : [...this.#sharedSchemas];
  }

  override createQueryRunner(mode?: Parameters<TenantDataSource['createQueryRunner']>[0]) {
    const runner = super.createQueryRunner(mode) as RecordingRunner;
    runner.executeQueries = (up: Queries, down: Queries) => this.#execute(runner, up, down);
    return mendWayBack(runner);
  }

  async #synchronize(
    part: Part,
    concerns: (metadata: EntityMetadata) => boolean,
  ): Promise<SchemaChanges> {
    this.#up = [];
    this.#down = [];
    this.#part = part;
    const asked = this.entityMetadatas.filter(({ synchronize }) => synchronize);
    for (const metadata of asked) metadata.synchronize = concerns(metadata);
    try {
      await new RdbmsSchemaBuilder(this).build();
    } finally {
      for (const metadata of asked) metadata.synchronize = true;
      this.#part = 'tenant';
    }
    return { up: this.#up, down: this.#down.toReversed() };
  }

  /** Tenants may not write where all of them read. */
  async #sendForAll(statement: string): Promise<void> {
    await withoutTenant(() => this.query(statement));
  }

  async #execute(runner: QueryRunner, up: Queries, down: Queries): Promise<void> {
    const isTenants = this.#part === 'tenant';
    // But for TypeORM's notes, of which each tenant has its own.
    const write = (queries: Queries) =>
      [queries]
        .flat()
        .map((query) => this.#write(query))
        .filter((statement) => isTenants || !analyse(statement).marked);
    this.#down.push(...write(down));
    for (const statement of write(up)) {
      this.#up.push(statement);
      refuseLongNames(statement);
      try {
        await (isTenants ? runner.query(statement) : this.#sendForAll(statement));
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

/** As the description of a part has it. */
function columnName(part: Part, { tableName, schema }: EntityMetadata, column: string): string {
  return `column ${part === 'shared' ? `${schema}.` : ''}${tableName}.${column}`;
}
