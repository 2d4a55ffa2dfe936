import type { DataSource, QueryRunner } from 'typeorm';
import type { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { TENANT_MARKER } from '../sql/lexer.js';

/**
 * Has TypeORM look tables up where they are. What it knows as `$tenant.invoices` is in the catalog
 * under the schema's own name, and the catalog is asked with names in strings, in which nothing
 * replaces the marker. All of QueryRunner's methods go through what is wrapped here, whether they
 * are given a name, a Table, a View or a foreign key. A name without a schema is the tenant's.
 *
 * @param schemaOf what the marker stands for; undefined where it stands for nothing
 */
export function resolveMarker({ driver }: DataSource, schemaOf: () => string | undefined): void {
  // What TypeORM leaves out in front of a name. It would be a schema that tenants share, and a name
  // without it another table: the tenant's own.
  (driver as PostgresDriver).searchSchema = TENANT_MARKER;

  const parse = driver.parseTableName.bind(driver);
  driver.parseTableName = (target) => {
    const name = parse(target);
    return name.schema === TENANT_MARKER ? { ...name, schema: schemaOf() ?? TENANT_MARKER } : name;
  };

  const build = driver.buildTableName.bind(driver);
  driver.buildTableName = (table, schema, database) =>
    build(table, schema && schema === schemaOf() ? TENANT_MARKER : schema, database);

  const create = driver.createQueryRunner.bind(driver);
  // There is a runner for each statement, so the functions are made once.
  let methods: object | undefined;
  driver.createQueryRunner = (mode) => {
    const runner = create(mode);
    methods ??= methodsOver(runner);
    return Object.assign(runner, methods);
  };
  const methodsOver = (runner: QueryRunner) => ({
    hasSchema(this: QueryRunner, schema: string) {
      const overridden = Object.getPrototypeOf(runner) as QueryRunner;
      const name = schema === TENANT_MARKER ? (schemaOf() ?? TENANT_MARKER) : schema;
      return overridden.hasSchema.call(this, name);
    },
    // TypeORM's own takes the name apart by itself.
    getTableNameWithSchema(target: Parameters<typeof parse>[0]) {
      const { schema, tableName } = driver.parseTableName(target);
      return Promise.resolve(`${schema}.${tableName}`);
    },
  });
}
