import { MigrationFailedError } from '../errors.js';
import { setUpTenantRole, type Roles } from '../roles/tenant-role.js';
import type { Tenant } from '../tenant/tenant.js';
import { applyMigration, applyMigrations } from './apply.js';
import { requireUnchanged } from './history.js';
import type { MigrationLedger } from './ledger.js';
import type { Migration, MigrationSession } from './migration.js';
import type { MigrationTarget } from './target.js';
import { tenantSchemaMigration } from './tenant-schema.js';

/** A tenant in status `provisioning`, and what is made for it. */
interface Provisioning<TSession extends MigrationSession> {
  readonly tenant: Tenant;
  readonly target: MigrationTarget<TSession>;
  readonly ledger: MigrationLedger;
  readonly migrations: readonly Migration<TSession>[];
  readonly roles: Roles;
}

/**
 * Makes a tenant's schema and role, applies every migration, and ends with `finish` in one last
 * transaction. Each step is kept by itself and done once, however many calls there are for the same
 * tenant, and whatever has come of those before.
 */
export async function provision<T, TSession extends MigrationSession>(
  { tenant, target, ledger, migrations, roles }: Provisioning<TSession>,
  finish: (session: TSession) => Promise<T>,
): Promise<T> {
  requireUnchanged(await ledger.appliedTo(target), migrations);
  const isNew = await createSchema(target, ledger, tenantSchemaMigration(tenant, roles));
  await applyMigrations(target, ledger, migrations);
  return target.transaction(async (session) => {
    const result = await finish(session);
    // Who had begun it may have been of another isolation.
    if (!isNew) await setUpTenantRole(session, tenant, roles);
    return result;
  });
}

async function createSchema<TSession extends MigrationSession>(
  target: MigrationTarget<TSession>,
  ledger: MigrationLedger,
  migration: Migration<TSession>,
): Promise<boolean> {
  try {
    return await applyMigration(target, ledger, migration);
  } catch (error) {
    // It is none of the application's, which could correct it.
    throw error instanceof MigrationFailedError ? error.cause : error;
  }
}
