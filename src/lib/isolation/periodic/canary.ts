import { createHash } from 'node:crypto';
import type { ConnectionManager } from '../../connections/connection-manager.js';
import { contendedChange, lockTable } from '../../connections/contended-change.js';
import { quoteIdentifier } from '../../sql/identifier.js';
import { setUpTenantRole } from '../../roles/tenant-role.js';
import { applicationRole } from '../../roles/login-roles.js';
import type { Tenant } from '../../tenant/tenant.js';
import { madeUpTenant } from '../made-up-tenant.js';

/** The one table of the canary's schema. No tenant of the application has one of this name. */
export const CANARY_TABLE = 'mt_isolation_canary';

/** What its row says. */
export const CANARY = 'canary';

/**
 * A tenant of a placement that belongs to the isolation check: it is in no registry, so no request can
 * be for it, and otherwise it is like any other, with a schema, a role and a row.
 *
 * @param controlSchema next to which its own schema is put. Its name has a `-`, as no tenant's schema
 *   or role has.
 */
export async function canaryTenant(
  connections: ConnectionManager,
  controlSchema: string,
  placement: string,
): Promise<Tenant> {
  const schema = `${shortened(controlSchema)}-canary`;
  const { rows } = await connections.unscopedQuery<{ database: string }>(
    'select oid::text as database from pg_database where datname = current_database()',
    undefined,
    placement,
  );
  // Roles belong to the server, and each of its databases may have a canary.
  const role =
    connections.isolation === 'role' ? `${schema}_${rows[0]?.database ?? ''}` : undefined;
  return madeUpTenant({ schema, role, placement });
}

/** Room for what is put behind it, and another name for another schema still. */
function shortened(controlSchema: string): string {
  if (controlSchema.length <= LONGEST_CONTROL_SCHEMA) return controlSchema;
  const digest = createHash('sha256').update(controlSchema).digest('hex').slice(0, 8);
  return `${controlSchema.slice(0, LONGEST_CONTROL_SCHEMA - digest.length - 1)}-${digest}`;
}

const LONGEST_CONTROL_SCHEMA = 40;

/** Creates the canary's schema, role and row where they are missing. Safe from several processes. */
export async function setUpCanary(connections: ConnectionManager, canary: Tenant): Promise<void> {
  const { placement } = canary;
  const application = await applicationRole(connections, placement);
  const schema = quoteIdentifier(canary.schema);
  const table = `${schema}.${CANARY_TABLE}`;
  await contendedChange(connections, placement, async (client) => {
    await client.query(`create schema if not exists ${schema}`);
    await client.query(
      `create table if not exists ${table} (id integer primary key, owner text not null)`,
    );
    await lockTable(client, table);
    await client.query(`insert into ${table} values (1, '${CANARY}') on conflict do nothing`);
    await setUpTenantRole(client, canary, { application });
  });
}
