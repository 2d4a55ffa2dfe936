import type { ConnectionManager } from '../connections/connection-manager.js';

/** The role that the application logs in as; asked of the server, since a pooler may change it. */
export async function applicationRole(connections: ConnectionManager): Promise<string> {
  const { rows } = await connections.unscopedQuery<{ role: string }>(
    'select session_user::text as role',
  );
  return rows[0]?.role ?? '';
}
