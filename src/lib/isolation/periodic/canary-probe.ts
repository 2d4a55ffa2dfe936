import type { ConnectionManager } from '../../connections/connection-manager.js';
import { sqlState, SqlState } from '../../pool/server-errors.js';
import { runWithTenant, withoutTenant } from '../../context.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { TENANT_MARKER } from '../../sql/lexer.js';
import type { Tenant } from '../../tenant/tenant.js';
import { CANARY, CANARY_TABLE } from './canary.js';

/**
 * Tries by statements whether tenants are kept apart: whether the canary sees its own row and nobody
 * else's tables, and everybody else not the canary's: by a qualified name, by the name alone, in a
 * transaction, and without a tenant. All at the same time, so that they meet on the connections.
 *
 * @param tenants of the canary's placement
 * @returns what must not be, in words
 */
export async function probeWithCanary(
  connections: ConnectionManager,
  canary: Tenant,
  tenants: readonly Tenant[],
): Promise<string[]> {
  const looks = await Promise.allSettled([
    ...[QUALIFIED, UNQUALIFIED].map((text) => canarySeesItself(connections, canary, text)),
    canaryInTransaction(connections, canary),
    nobodySeesCanary(connections, canary.placement),
    ...tenants.flatMap((tenant) => [
      ...[QUALIFIED, UNQUALIFIED].map((text) => tenantSeesNoCanary(connections, tenant, text)),
      tenantIsItself(connections, tenant),
      ...(connections.isolation === 'role'
        ? [
            roleIsKeptOut(connections, tenant, canary, CANARY_TABLE),
            roleIsKeptOut(connections, canary, tenant),
          ]
        : []),
    ]),
  ]);
  const violations = looks.flatMap((look) =>
    look.status === 'fulfilled' && look.value !== undefined ? [look.value] : [],
  );
  const failed = looks.find(({ status }) => status === 'rejected');
  // What was seen counts, also where not everything could be looked at.
  if (violations.length === 0 && failed?.status === 'rejected') throw failed.reason;
  return violations;
}

const QUALIFIED = `select owner from "${TENANT_MARKER}".${CANARY_TABLE}`;
const UNQUALIFIED = `select owner from ${CANARY_TABLE}`;

type Violation = Promise<string | undefined>;

async function canarySeesItself(
  connections: ConnectionManager,
  canary: Tenant,
  text: string,
): Violation {
  let rows: Record<string, unknown>[] = [];
  const finds = await succeeds(async () => {
    ({ rows } = await runWithTenant(canary, () => connections.pool.query(text)));
  });
  return finds && isCanarysRow(rows) ? undefined : `the canary does not see its own row (${text})`;
}

async function canaryInTransaction(connections: ConnectionManager, canary: Tenant): Violation {
  return runWithTenant(canary, async () => {
    const client = await connections.pool.connect();
    try {
      await client.query('begin');
      await client.query('savepoint looked');
      const before = await client.query(UNQUALIFIED);
      await client.query('rollback to savepoint looked');
      const after = await client.query(UNQUALIFIED);
      await client.query('commit');
      return isCanarysRow(before.rows) && isCanarysRow(after.rows)
        ? undefined
        : 'the canary does not see its own row in a transaction';
    } finally {
      client.release();
    }
  });
}

function isCanarysRow(rows: readonly Record<string, unknown>[]): boolean {
  return rows.length === 1 && rows[0]?.['owner'] === CANARY;
}

async function nobodySeesCanary(connections: ConnectionManager, placement: string): Violation {
  const visible = await succeeds(() =>
    withoutTenant(() => connections.poolIn(placement).query(UNQUALIFIED)),
  );
  return visible ? 'code without a tenant sees the canary’s row' : undefined;
}

async function tenantSeesNoCanary(
  connections: ConnectionManager,
  tenant: Tenant,
  text: string,
): Violation {
  const visible = await succeeds(() => runWithTenant(tenant, () => connections.pool.query(text)));
  return visible ? `the tenant ${tenant.slug} sees the canary’s row (${text})` : undefined;
}

async function tenantIsItself(connections: ConnectionManager, tenant: Tenant): Violation {
  const { rows } = await runWithTenant(tenant, () =>
    connections.pool.query<{ schema: string; role: string; login: string }>(
      'select current_schema() as schema, current_user::text as role, session_user::text as login',
    ),
  );
  const [found] = rows;
  const role = connections.isolation === 'role' ? tenant.role : found?.login;
  return found?.schema === tenant.schema && found.role === role
    ? undefined
    : `the tenant ${tenant.slug} runs in the schema ${found?.schema} as ${found?.role}`;
}

/** PostgreSQL itself says no, whatever the statement names. */
async function roleIsKeptOut(
  connections: ConnectionManager,
  tenant: Tenant,
  other: Tenant,
  table?: string,
): Violation {
  const violation = `the role of ${tenant.slug} has rights on the schema of ${other.slug}`;
  const { rows } = await runWithTenant(tenant, () =>
    connections.pool.query<{ may: boolean }>(
      "select pg_catalog.has_schema_privilege($1, 'usage') as may",
      [other.schema],
    ),
  );
  if (rows[0]?.may) return violation;
  if (table === undefined) return undefined;
  const text = `select from ${quoteIdentifier(other.schema)}.${table}`;
  const reads = await succeeds(() => runWithTenant(tenant, () => connections.pool.query(text)));
  return reads ? violation : undefined;
}

/** Whether the statement finds its table; that it is not there, or not allowed, is what is hoped for. */
async function succeeds(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send();
    return true;
  } catch (error) {
    if (REFUSED.has(sqlState(error) ?? '')) return false;
    throw error;
  }
}

const REFUSED: ReadonlySet<string> = new Set([
  SqlState.undefinedTable,
  SqlState.insufficientPrivilege,
]);
