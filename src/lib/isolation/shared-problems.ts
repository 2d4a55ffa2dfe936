import type { ConnectionManager } from '../connections/connection-manager.js';
import type { TenantRegistry } from '../registry/tenant-registry.js';

/** A shared schema that is a tenant's own would be everybody's. */
export async function sharedProblems(
  connections: ConnectionManager,
  { tables }: TenantRegistry,
): Promise<string[]> {
  const { sharedSchemas } = connections;
  if (sharedSchemas.length === 0) return [];
  const { rows } = await connections.unscopedQuery<{ slug: string; schema: string }>(
    `select slug, schema_name as schema from ${tables.tenants} where schema_name = any($1)`,
    [sharedSchemas],
  );
  return rows.map(
    ({ slug, schema }) => `the schema ${schema} of the tenant ${slug} is declared shared`,
  );
}

/**
 * What is worth knowing about the schemas that tenants share: those that are missing, and tables of
 * theirs that a tenant also has. Such a tenant reads its own, and the others what is shared.
 */
export async function sharedWarnings(
  connections: ConnectionManager,
  { tables }: TenantRegistry,
): Promise<string[]> {
  const { sharedSchemas } = connections;
  if (sharedSchemas.length === 0) return [];
  const { rows } = await connections.unscopedQuery<{ schema: string; tables: string[] | null }>(
    `select shared.name as schema, case when pg_namespace.oid is not null then array(
       select relname::text from pg_class
       where relnamespace = pg_namespace.oid and relkind in ('r', 'p', 'v', 'm', 'f') and exists (
         select from pg_class own
         join pg_namespace own_schema on own_schema.oid = own.relnamespace
         join ${tables.tenants} on schema_name = own_schema.nspname
         where own.relname = pg_class.relname and own.relkind in ('r', 'p', 'v', 'm', 'f'))
       order by relname) end as tables
     from unnest($1::text[]) with ordinality as shared (name, position)
     left join pg_namespace on nspname = shared.name
     order by shared.position`,
    [sharedSchemas],
  );
  return rows.flatMap(({ schema, tables: found }) => {
    if (found === null) return [`The shared schema ${schema} does not exist. Run the migrations.`];
    if (found.length === 0) return [];
    return [
      `Tables of the shared schema ${schema} that a tenant also has, which then reads its own: ${found.join(', ')}.`,
    ];
  });
}
