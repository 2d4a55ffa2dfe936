import type pg from 'pg';
import { adminTransaction } from '../connections/admin-transaction.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { contendedChange } from '../connections/contended-change.js';
import { CONTROL_PLACEMENT } from '../connections/options.js';
import type { SqlSession } from '../connections/sql-session.js';
import { ConfigurationError } from '../errors.js';
import type { ContextFreeClient } from '../pool/context-free-client.js';
import type { ControlTables } from './control-tables.js';
import { explainMissing } from './explain-missing.js';

/**
 * The one database that holds the control schema: who the tenants are, and what was applied to them.
 * Whatever concerns all of them is asked here, wherever they live.
 */
export class ControlDatabase {
  readonly connections: ConnectionManager;
  readonly tables: ControlTables;

  constructor(connections: ConnectionManager, tables: ControlTables) {
    this.connections = connections;
    this.tables = tables;
  }

  /** @throws ConfigurationError where the control schema is not set up */
  query<R extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<pg.QueryResult<R>> {
    return this.#explained(this.connections.unscopedQuery<R>(text, values, CONTROL_PLACEMENT));
  }

  /** The same with the admin login: for what the application itself may not write. */
  adminQuery<R extends pg.QueryResultRow>(
    text: string,
    values?: unknown[],
  ): Promise<pg.QueryResult<R>> {
    return this.#explained(this.connections.adminQuery<R>(text, values, CONTROL_PLACEMENT));
  }

  readonly asAdmin: SqlSession = { query: (text, values) => this.adminQuery(text, values) };

  adminTransaction<T>(work: (client: ContextFreeClient) => Promise<T>): Promise<T> {
    return adminTransaction(this.connections, CONTROL_PLACEMENT, work);
  }

  /** A transaction of the admin login, again where another process was faster. */
  change(work: (client: pg.ClientBase) => Promise<void>): Promise<true> {
    return contendedChange(this.connections, CONTROL_PLACEMENT, work);
  }

  /** A connection past any pooler. The caller connects and ends it. */
  separateClient(): pg.Client {
    return this.connections.separateClient(CONTROL_PLACEMENT);
  }

  /** Whether this process was given the admin login. */
  get hasAdmin(): boolean {
    return this.connections.placement(CONTROL_PLACEMENT).hasAdmin;
  }

  /** Most connections with the admin login. */
  get maxAdminConnections(): number {
    return this.connections.placement(CONTROL_PLACEMENT).admin.max;
  }

  /**
   * For what is one transaction with a change of the control schema, as a migration is with its row in
   * the ledger.
   *
   * @throws ConfigurationError for another placement than that of the control schema
   */
  requireSame(placement: string): void {
    if (placement === CONTROL_PLACEMENT) return;
    throw new ConfigurationError(
      `Tenants can be created and migrated in the placement ${JSON.stringify(CONTROL_PLACEMENT)} only, and not in ${JSON.stringify(placement)}.`,
      {
        remedy: 'Leave `placement` out: the ledger cannot follow a tenant to another database yet.',
      },
    );
  }

  async #explained<T>(asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      throw explainMissing(error, this.tables);
    }
  }
}
