import type { ConnectionManager } from '../../connections/connection-manager.js';
import type { TenantRegistry } from '../../registry/tenant-registry.js';
import { tenantsWithSchemas } from './tenants-with-schemas.js';

/** A shared schema that is a tenant's own would be everybody's. */
export async function sharedProblems(
  { sharedSchemas }: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<string[]> {
  const tenants = await tenantsWithSchemas(registry, placement, sharedSchemas);
  return tenants.map(
    ({ slug, schema }) => `the schema ${schema} of the tenant ${slug} is declared shared`,
  );
}

/**
 * What is worth knowing about the schemas that tenants share: those that are missing, and tables of
 * theirs that a tenant also has. Such a tenant reads its own, and the others what is shared.
 */
export async function sharedWarnings(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<string[]> {
  const { sharedSchemas } = connections;
  if (sharedSchemas.length === 0) return [];
  const { rows } = await connections.unscopedQuery<SharedSchema>(
    SHARED,
    [sharedSchemas],
    placement,
  );
  const schemas = rows.flatMap(({ tables }) => (tables ?? []).flatMap(({ others }) => others));
  const tenants = await tenantsWithSchemas(registry, placement, [...new Set(schemas)]);
  const own = new Set(tenants.map(({ schema }) => schema));
  return rows.flatMap(({ schema, tables }) => {
    if (tables === null) return [`The shared schema ${schema} does not exist. Run the migrations.`];
    const found = tables.filter(({ others }) => others.some((other) => own.has(other)));
    if (found.length === 0) return [];
    const names = found.map(({ name }) => name).join(', ');
    return [
      `Tables of the shared schema ${schema} that a tenant also has, which then reads its own: ${names}.`,
    ];
  });
}

interface SharedSchema {
  readonly schema: string;
  /** Those of which another schema has one of the same name; null where the schema is missing. */
  readonly tables: readonly SharedTable[] | null;
}

interface SharedTable {
  readonly name: string;
  /** The schemas that have one as well. */
  readonly others: readonly string[];
}

const SHARED = `
  select shared.name as schema, case when pg_namespace.oid is not null then (
    select coalesce(json_agg(json_build_object('name', name, 'others', others) order by name), '[]')
    from (
      select pg_class.relname as name, array_agg(distinct other_schema.nspname) as others
      from pg_class
      join pg_class other on other.relname = pg_class.relname
        and other.relnamespace <> pg_class.relnamespace
      join pg_namespace other_schema on other_schema.oid = other.relnamespace
      where pg_class.relnamespace = pg_namespace.oid
        and pg_class.relkind in ('r', 'p', 'v', 'm', 'f')
        and other.relkind in ('r', 'p', 'v', 'm', 'f')
      group by pg_class.relname) as doubled
    ) end as tables
  from unnest($1::text[]) with ordinality as shared (name, position)
  left join pg_namespace on nspname = shared.name
  order by shared.position`;
