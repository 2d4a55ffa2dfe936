import type { SqlSession } from '../connections/sql-session.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { withRight } from './missing-right.js';

/**
 * Creates a role that nobody logs in as, unless it is there.
 *
 * @throws ConfigurationError where the login may create no roles
 */
export async function createRole(session: SqlSession, role: string): Promise<void> {
  const { rows } = await session.query('select from pg_catalog.pg_roles where rolname = $1', [
    role,
  ]);
  if (rows.length > 0) return;
  await withRight(CREATE_ROLE, () =>
    session.query(`create role ${quoteIdentifier(role)} nologin noinherit`),
  );
}

const CREATE_ROLE = {
  problem: 'The admin login may not create roles, of which each tenant has one.',
  remedy:
    'Grant it that: ALTER ROLE <the user of DATABASE_ADMIN_URL> CREATEROLE. Where the server does not allow it, use `isolation: "schema"`.',
};
/** Since PostgreSQL 16 a grant says whether it is inherited; before, the member itself does. */
export async function saysWhatIsInherited(session: SqlSession): Promise<boolean> {
  const { rows } = await session.query(
    "select current_setting('server_version_num')::integer as version",
  );
  return Number(rows[0]?.['version']) >= 160_000;
}
