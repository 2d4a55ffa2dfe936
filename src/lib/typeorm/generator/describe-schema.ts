/** What is in a schema: a name for each object, `column invoices.name`, and its definition. */
export type SchemaDescription = ReadonlyMap<string, string>;

/**
 * The server's own words: a default, a type or an expression that was written in two ways and means
 * the same is one text here. Names are written as the search path makes them.
 */
const DESCRIPTION = `
  with relations as (
    select oid, relname, relkind from pg_class
    where relnamespace = $1::text::regnamespace and relkind in ('r', 'p', 'v', 'm', 'S')
  )
  select 'relation ' || relname as name,
    concat_ws(' ', relkind::text,
      case when relkind in ('v', 'm') then pg_get_viewdef(oid) end,
      quote_literal(obj_description(oid, 'pg_class'))) as definition
  from relations
  union all
  select format('column %s.%s', relname, attname),
    concat_ws(' ', format_type(atttypid, atttypmod),
      (select string_agg(quote_literal(enumlabel), ',' order by enumsortorder) from pg_enum
       where enumtypid in (atttypid, typelem)),
      case when attcollation <> typcollation then 'collate ' || attcollation::regcollation end,
      case when attnotnull then 'not null' end,
      nullif('identity ' || attidentity::text, 'identity '),
      nullif('generated ' || attgenerated::text, 'generated '),
      'default ' || pg_get_expr(adbin, adrelid),
      (select string_agg(pg_get_constraintdef(oid), ',' order by 1) from pg_constraint
       where conrelid = attrelid and contype in ('p', 'u') and conkey = array[attnum]),
      quote_literal(col_description(attrelid, attnum)))
  from pg_attribute
  join relations on relations.oid = attrelid
  join pg_type on pg_type.oid = atttypid
  left join pg_attrdef on adrelid = attrelid and adnum = attnum
  where attnum > 0 and not attisdropped and relkind in ('r', 'p')
  union all
  select format('constraint %s.%s', relname, conname), pg_get_constraintdef(pg_constraint.oid)
  from pg_constraint join relations on relations.oid = conrelid
  where contype <> 'n'
  union all
  select 'index ' || pg_class.relname, pg_get_indexdef(indexrelid)
  from pg_index
  join relations on relations.oid = indrelid
  join pg_class on pg_class.oid = indexrelid
  union all
  select 'type ' || typname,
    (select string_agg(quote_literal(enumlabel), ',' order by enumsortorder)
     from pg_enum where enumtypid = pg_type.oid)
  from pg_type
  where typnamespace = $1::text::regnamespace and typtype = 'e'`;

type Query = (text: string, values: unknown[]) => Promise<{ name: string; definition: string }[]>;

/** @param query sends a statement, and returns its rows */
export async function describeSchema(query: Query, schema: string): Promise<SchemaDescription> {
  const rows = await query(DESCRIPTION, [schema]);
  return new Map(rows.map(({ name, definition }) => [name, definition]));
}

/** The names of what is not the same in both. */
export function differences(one: SchemaDescription, other: SchemaDescription): string[] {
  return [...new Set([...one.keys(), ...other.keys()])]
    .filter((name) => one.get(name) !== other.get(name))
    .toSorted();
}
