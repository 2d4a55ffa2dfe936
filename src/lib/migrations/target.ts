import type { Tenant } from '../tenant/tenant.js';
import type { MigrationSession, MigrationSource } from './migration.js';

/** What migrations are applied to. */
export interface MigrationTarget<TSession extends MigrationSession = MigrationSession> {
  /** For errors. */
  readonly name: string;
  /** Which rows of the ledger are its own. */
  readonly tenantId: string;
  transaction<T>(work: (session: TSession) => Promise<T>): Promise<T>;
}

/** The schema of a tenant. */
export function tenantTarget<TSession extends MigrationSession>(
  source: MigrationSource<TSession>,
  tenant: Tenant,
): MigrationTarget<TSession> {
  return {
    name: tenant.slug,
    tenantId: tenant.id,
    transaction: (work) => source.transaction(tenant, work),
  };
}
