import { hasSqlState, SqlState } from '../pool/server-errors.js';
import { TenantExistsError } from '../errors.js';
import type { Migration } from '../migrations/migration.js';
import { withRight } from '../roles/missing-right.js';
import { setUpTenantRole, type Roles } from '../roles/tenant-role.js';
import { quoteIdentifier } from '../sql/identifier.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { Tenant } from '../tenant/tenant.js';

/**
 * The creation of a tenant's schema and role: the first migration that a new tenant gets. Its row in
 * the ledger tells a schema that is the tenant's own, if unfinished, from one that was there before.
 *
 * @throws TenantExistsError where the schema is there already, ConfigurationError where the login may
 *   not create one, or no role
 */
export function tenantSchemaMigration(tenant: Tenant, roles: Roles): Migration {
  return {
    name: TENANT_MARKER,
    checksum: undefined,
    async up(session) {
      try {
        await withRight(CREATE_SCHEMA, () =>
          session.query(`create schema ${quoteIdentifier(tenant.schema)}`),
        );
      } catch (error) {
        if (!TAKEN.some((state) => hasSqlState(error, state))) throw error;
        throw new TenantExistsError(tenant.slug, { cause: error });
      }
      await setUpTenantRole(session, tenant, roles);
    },
  };
}

/** The second one where somebody else creates it at this moment. */
const TAKEN = [SqlState.duplicateSchema, SqlState.uniqueViolation];

const CREATE_SCHEMA = {
  problem: 'The login that creates tenants may not create schemas.',
  remedy:
    'Grant it that: GRANT CREATE ON DATABASE <the database> TO <the user of DATABASE_ADMIN_URL, or else of DATABASE_URL>.',
};
