import type pg from 'pg';
import { lockTable } from '../connections/contended-change.js';
import { hasSchema } from '../connections/has-schema.js';
import { CONTROL_PLACEMENT } from '../connections/options.js';
import type { SqlSession } from '../connections/sql-session.js';
import type { ControlDatabase } from '../registry/control-database.js';
import { applicationRole } from '../roles/login-roles.js';
import { createRole } from '../roles/create-role.js';
import { withRight } from '../roles/missing-right.js';
import { joinSharedRole, sharedRoleName } from '../roles/shared-role.js';
import { quoteIdentifier } from '../sql/identifier.js';

/** How many roles one statement names. */
const BATCH = 500;

/**
 * The schemas that tenants share, as they have to be before the first migration of theirs: there, read
 * by every tenant, and written by the application's own login. They are in the control database, as the
 * ledger of what is applied to them.
 */
export class SharedSchemas {
  readonly #control: ControlDatabase;

  constructor(control: ControlDatabase) {
    this.#control = control;
  }

  /**
   * Makes what is missing of them. Doing it again does no harm.
   *
   * @param withRoles whether tenants have roles, or are about to
   * @returns the role through which they read, if they do
   * @throws ConfigurationError that names a right that the admin login lacks
   */
  async setUp(
    withRoles = this.#control.connections.isolation === 'role',
  ): Promise<string | undefined> {
    const { connections, tables } = this.#control;
    const { sharedSchemas } = connections;
    if (sharedSchemas.length === 0) return undefined;
    const application = await applicationRole(connections, CONTROL_PLACEMENT);
    let sharedRole: string | undefined;
    await this.#control.change(async (client) => {
      await lockTable(client, tables.tenants);
      sharedRole = withRoles ? await this.#role(client) : undefined;
      if (sharedRole !== undefined) await createRole(client, sharedRole);
      for (const schema of sharedSchemas) {
        await createSchema(client, schema);
        if (sharedRole !== undefined) await grant(client, schema, sharedRole, READ);
        if (!(await isLogin(client, application))) await grant(client, schema, application, WRITE);
      }
      if (sharedRole !== undefined) await this.#joinAll(client, sharedRole);
    });
    return sharedRole;
  }

  /** The same where nothing of it may be missing, without waiting for anybody. */
  async ensure(withRoles: boolean): Promise<string | undefined> {
    const { connections, asAdmin } = this.#control;
    const { sharedSchemas } = connections;
    if (sharedSchemas.length === 0) return undefined;
    const role = withRoles ? await this.#role(asAdmin) : undefined;
    const { rows } = await asAdmin.query(
      `select from pg_catalog.pg_namespace where nspname = any($1::text[])
       union all select from pg_catalog.pg_roles where rolname = $2`,
      [sharedSchemas, role ?? null],
    );
    const isThere = rows.length === sharedSchemas.length + (role === undefined ? 0 : 1);
    return isThere ? role : this.setUp(withRoles);
  }

  #role(session: SqlSession): Promise<string> {
    return sharedRoleName(session, this.#control.tables.schema.replaceAll('"', ''));
  }

  /** Tenants from before there was anything to share, and those of a database that was restored. */
  async #joinAll(client: pg.ClientBase, sharedRole: string): Promise<void> {
    const { rows } = await client.query<{ role: string }>(
      `select rolname::text as role from pg_catalog.pg_roles
       join ${this.#control.tables.tenants} on role_name = rolname
       where not exists (
         select from pg_catalog.pg_auth_members
         where member = pg_roles.oid and roleid = (
           select oid from pg_catalog.pg_roles where rolname = $1))`,
      [sharedRole],
    );
    const roles = rows.map(({ role }) => role);
    for (let from = 0; from < roles.length; from += BATCH) {
      await joinSharedRole(client, sharedRole, roles.slice(from, from + BATCH));
    }
  }
}

/** What is given on each kind of object, now and as later migrations make it. */
type Rights = Readonly<Partial<Record<keyof typeof KINDS, string>>>;

/** Their kinds in pg_class: of tables, partitioned ones, views, materialised views and foreign ones too. */
const KINDS = {
  table: ['r', 'p', 'v', 'm', 'f'],
  sequence: ['S'],
} as const;

const READ: Rights = { table: 'select' };
const WRITE: Rights = {
  table: 'select, insert, update, delete, truncate',
  sequence: 'usage, select, update',
};

async function createSchema(client: pg.ClientBase, schema: string): Promise<void> {
  // Asked first: IF NOT EXISTS wants the right to create one also where it exists.
  if (await hasSchema(client, schema)) return;
  await withRight(CREATE_SCHEMA, () => client.query(`create schema ${quoteIdentifier(schema)}`));
}

const CREATE_SCHEMA = {
  problem: 'The login that migrates may not create a schema that tenants share.',
  remedy:
    'Grant it that: GRANT CREATE ON DATABASE <the database> TO <the user of DATABASE_ADMIN_URL, or else of DATABASE_URL>; or create the schema.',
};

/** What somebody else owns (public, tables of extensions) has the rights that its owner gives. */
async function grant(
  client: pg.ClientBase,
  schema: string,
  to: string,
  rights: Rights,
): Promise<void> {
  const role = quoteIdentifier(to);
  const { rows } = await client.query<{ usable: boolean }>(
    'select pg_catalog.has_schema_privilege($1, $2::text, $3) as usable',
    [to, schema, 'usage'],
  );
  const quoted = quoteIdentifier(schema);
  if (!rows[0]?.usable) {
    await withRight(GRANT, () => client.query(`grant usage on schema ${quoted} to ${role}`));
  }
  for (const [kind, granted] of Object.entries(rights)) {
    const relations = await ownRelations(client, schema, KINDS[kind as keyof typeof KINDS]);
    if (relations.length > 0) {
      await client.query(`grant ${granted} on ${kind} ${relations.join(', ')} to ${role}`);
    }
    await client.query(
      `alter default privileges in schema ${quoted} grant ${granted} on ${kind}s to ${role}`,
    );
  }
}

const GRANT = {
  problem: 'The admin login may not give rights on a schema that tenants share.',
  remedy: 'Let it own the schema: ALTER SCHEMA … OWNER TO <the user of DATABASE_ADMIN_URL>.',
};

async function ownRelations(
  client: pg.ClientBase,
  schema: string,
  kinds: readonly string[],
): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select pg_catalog.format('%I.%I', nspname, relname) as name
     from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_namespace.oid = relnamespace
     where nspname = $1 and relkind::text = any($2)
       and pg_catalog.pg_has_role(relowner, 'usage') and not exists (
         select from pg_catalog.pg_depend
         where classid = 'pg_catalog.pg_class'::regclass and objid = pg_class.oid and deptype = 'e')`,
    [schema, kinds],
  );
  return rows.map(({ name }) => name);
}

async function isLogin(client: pg.ClientBase, role: string): Promise<boolean> {
  const { rows } = await client.query('select where current_user = $1', [role]);
  return rows.length > 0;
}
