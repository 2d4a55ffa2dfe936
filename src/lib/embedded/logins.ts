import pg from 'pg';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';

/** The two logins of role isolation, each as a URL of the same database. */
export interface Logins {
  /** The application's: it has no rights on the tenants' schemas. */
  readonly connectionString: string;
  /** The one that owns them. */
  readonly adminConnectionString: string;
}

/** The names of the roles that are created. */
const APPLICATION = 'app';
const OWNER = 'app_owner';

/**
 * Creates the two logins that role isolation needs, where they are missing. For development and
 * tests: they get the password of the superuser. docs/isolation.md has the statements for production.
 *
 * @param superuser URL of a superuser, as the embedded server has it
 */
export async function createLogins(superuser: string): Promise<Logins> {
  const url = new URL(superuser);
  const client = new pg.Client({ connectionString: superuser });
  await client.connect();
  try {
    await client.query('begin');
    // One at a time, and by a lock that nobody but a superuser can take.
    await client.query('lock table pg_catalog.pg_authid in share row exclusive mode');
    const password = quoteLiteral(decodeURIComponent(url.password));
    await ensureRole(client, OWNER, `login createrole password ${password}`);
    await ensureRole(client, APPLICATION, `login noinherit password ${password}`);
    const { rows } = await client.query<{ name: string }>('select current_database() as name');
    const database = quoteIdentifier(rows[0]?.name ?? '');
    await client.query(`grant create, connect on database ${database} to ${OWNER}`);
    await client.query('commit');
  } finally {
    // Ends a transaction that is still open, too.
    await client.end();
  }
  return {
    connectionString: withUser(url, APPLICATION),
    adminConnectionString: withUser(url, OWNER),
  };
}

async function ensureRole(client: pg.Client, name: string, attributes: string): Promise<void> {
  const { rowCount } = await client.query('select from pg_roles where rolname = $1', [name]);
  if (rowCount === 0) await client.query(`create role ${quoteIdentifier(name)} ${attributes}`);
}

function withUser(url: URL, user: string): string {
  const own = new URL(url);
  own.username = user;
  return own.href;
}
