import type { ConnectionManager } from '../connections/connection-manager.js';

/**
 * The role that the application logs in as to a placement; asked of the server, since a pooler may
 * change it.
 */
export async function applicationRole(
  connections: ConnectionManager,
  placement: string,
): Promise<string> {
  const { rows } = await connections.unscopedQuery<{ role: string }>(
    'select session_user::text as role',
    undefined,
    placement,
  );
  return rows[0]?.role ?? '';
}
