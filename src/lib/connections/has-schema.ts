import type { SqlSession } from './sql-session.js';

/** Whether the database has a schema of this name, not quoted. */
export async function hasSchema(session: SqlSession, schema: string): Promise<boolean> {
  const { rows } = await session.query('select from pg_catalog.pg_namespace where nspname = $1', [
    schema,
  ]);
  return rows.length > 0;
}
