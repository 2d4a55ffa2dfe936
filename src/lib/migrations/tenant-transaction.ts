import type pg from 'pg';
import { adminTransaction } from '../connections/admin-transaction.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { CONTROL_PLACEMENT } from '../connections/options.js';
import { searchPath } from '../scope/search-path.js';
import { UnsupportedStatementError } from '../errors.js';
import { analyse } from '../sql/analysis.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';
import type { MigrationSession } from './migration.js';
import { refuseSchemaChange } from './schema-statements.js';
import { refuseBeyondTenant } from './shared-statements.js';

/** A session with all that node-postgres says of a result. */
export interface TenantSession extends MigrationSession {
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>;
}

/**
 * Runs the work in one transaction of the admin login, in the tenant's schema, or in those that tenants
 * share where there is none. Unlike a tenant's own
 * statements, those of a migration may leave something on the connection, which then is closed.
 */
export function tenantTransaction<T>(
  connections: ConnectionManager,
  tenant: Tenant | undefined,
  work: (session: TenantSession) => Promise<T>,
): Promise<T> {
  const { sharedSchemas } = connections;
  const schema = tenant && quoteIdentifier(tenant.schema);
  const run = async (client: pg.ClientBase, spoil: () => void) => {
    const path = searchPath(tenant, sharedSchemas);
    await client.query("select set_config('search_path', $1, true)", [path]);
    let isOver = false;
    let previous: Promise<unknown> = Promise.resolve();
    const send = (text: string, values: unknown[] | undefined) => {
      // Behind the end of the transaction it would be nobody's, on a connection of somebody else.
      if (isOver) throw sentTooLate();
      const analysis = analyse(text);
      if (analysis.controlsTransaction) throw endsTransaction();
      if (analysis.runsOutside) throw runsInNone();
      if (tenant) {
        refuseSchemaChange(text);
        refuseBeyondTenant(text, sharedSchemas, [TENANT_MARKER, tenant.schema]);
      } else if (analysis.marked) {
        throw namesTenant();
      }
      if (analysis.mayLeaveState) spoil();
      return client.query(analysis.segments.join(schema ?? ''), values);
    };
    try {
      return await work({
        query(text, values) {
          // One at a time: node-postgres is about to take no more than that.
          const result = previous.then(() => send(text, values));
          previous = result.catch(() => undefined);
          return result;
        },
      });
    } finally {
      isOver = true;
      await previous;
    }
  };
  return adminTransaction(connections, tenant?.placement ?? CONTROL_PLACEMENT, run);
}

function sentTooLate(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A migration sent a statement after it had ended',
    'Await every statement in it, also where another one has failed.',
  );
}

/** It is applied once, and to none of them. */
export function namesTenant(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    `A shared migration names "${TENANT_MARKER}", and is no tenant’s`,
    'Put what is the tenants’ own into a migration of theirs.',
  );
}

function runsInNone(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A migration is a transaction, and the server runs one of its statements in none',
    'Make, rebuild or drop indexes without CONCURRENTLY there, and have VACUUM run apart from migrations.',
  );
}

/** What came after the end of the transaction would be kept without a row in the ledger. */
export function endsTransaction(): UnsupportedStatementError {
  return new UnsupportedStatementError(
    'A migration may not begin or end the transaction that it is part of',
    'Remove those statements: each migration of a tenant is a transaction of its own.',
  );
}
