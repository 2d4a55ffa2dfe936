import type pg from 'pg';
import type { ConnectionManager } from '../connections/connection-manager.js';

/**
 * The role that the application logs in as to a placement; asked of the server, since a pooler may
 * change it.
 */
export async function applicationRole(
  connections: ConnectionManager,
  placement: string,
): Promise<string> {
  const { rows } = await connections.unscopedQuery<LoginRole>(LOGIN_ROLE, undefined, placement);
  return rows[0]?.role ?? '';
}

/** The same of the admin login. @throws ConfigurationError where this process was given none */
export async function adminRole(
  connections: ConnectionManager,
  placement: string,
): Promise<string> {
  const { rows } = await connections.adminQuery<LoginRole>(LOGIN_ROLE, undefined, placement);
  return rows[0]?.role ?? '';
}

interface LoginRole extends pg.QueryResultRow {
  readonly role: string;
}

const LOGIN_ROLE = 'select session_user::text as role';
