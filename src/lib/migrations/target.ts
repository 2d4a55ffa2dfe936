import { CONTROL_PLACEMENT } from '../connections/options.js';
import type { Tenant } from '../tenant/tenant.js';
import type { MigrationSession, MigrationSource } from './migration.js';

/** What migrations are applied to. */
export interface MigrationTarget<TSession extends MigrationSession = MigrationSession> {
  /** For errors; undefined for what tenants share. */
  readonly slug: string | undefined;
  /** Of the tenant; undefined for what tenants share. */
  readonly schema: string | undefined;
  /** Where it is. */
  readonly placement: string;
  /** Which rows of the ledger are its own; undefined for those of what tenants share. */
  readonly tenantId: string | undefined;
  transaction<T>(work: (session: TSession) => Promise<T>): Promise<T>;
}

/** The schema of a tenant. */
export function tenantTarget<TSession extends MigrationSession>(
  source: MigrationSource<TSession>,
  tenant: Tenant,
): MigrationTarget<TSession> {
  return {
    slug: tenant.slug,
    schema: tenant.schema,
    placement: tenant.placement,
    tenantId: tenant.id,
    transaction: (work) => source.transaction(tenant, work),
  };
}

/** The schemas that tenants share, in the database that has the ledger. */
export function sharedTarget<TSession extends MigrationSession>(
  source: MigrationSource<TSession>,
): MigrationTarget<TSession> {
  return {
    slug: undefined,
    schema: undefined,
    placement: CONTROL_PLACEMENT,
    tenantId: undefined,
    transaction: (work) => source.transaction(undefined, work),
  };
}
