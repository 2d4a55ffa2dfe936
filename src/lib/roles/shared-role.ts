import type { SqlSession } from '../connections/sql-session.js';
import { MAX_IDENTIFIER_BYTES, quoteIdentifier } from '../sql/identifier.js';
import { saysWhatIsInherited } from './create-role.js';
import { withRight } from './missing-right.js';

/**
 * The role through which tenants' roles read what they share: rights are given to one role, and not to
 * each of ten thousand. Roles belong to the whole server, so its name has the database in it.
 *
 * @param controlSchema not quoted
 */
export async function sharedRoleName(session: SqlSession, controlSchema: string): Promise<string> {
  const { rows } = await session.query(
    'select oid::text from pg_catalog.pg_database where datname = pg_catalog.current_database()',
  );
  const suffix = `_shared_${String(rows[0]?.['oid'])}`;
  return controlSchema.slice(0, MAX_IDENTIFIER_BYTES - suffix.length) + suffix;
}

/**
 * Has tenants' roles read what the shared role may read. They inherit that and nothing else.
 *
 * @throws ConfigurationError where the login may not grant it
 */
export async function joinSharedRole(
  session: SqlSession,
  sharedRole: string,
  tenantRoles: readonly string[],
): Promise<void> {
  if (tenantRoles.length === 0) return;
  const members = tenantRoles.map(quoteIdentifier);
  const says = await saysWhatIsInherited(session);
  await withRight(JOIN, async () => {
    await session.query(
      `grant ${quoteIdentifier(sharedRole)} to ${members.join(', ')}${says ? ' with inherit true, set false' : ''}`,
    );
    if (says) return;
    for (const member of members) await session.query(`alter role ${member} inherit`);
  });
}

const JOIN = {
  problem: 'The admin login may not grant the role through which tenants read what they share.',
  remedy:
    'Where another login has created it, grant that role TO <the user of DATABASE_ADMIN_URL> WITH ADMIN OPTION.',
};
