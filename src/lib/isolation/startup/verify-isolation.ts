import type { ConnectionManager } from '../../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../../connections/options.js';
import { withoutTenant } from '../../context.js';
import { ConfigurationError } from '../../errors.js';
import type { TenantRegistry } from '../../registry/tenant-registry.js';
import { toError } from '../../to-error.js';
import { probeTenants } from './probe-tenants.js';
import { roleProblems, tenantsWithoutRole } from './role-problems.js';
import { scopeProblems } from './scope-probe.js';
import { sharedProblems, sharedWarnings } from './shared-problems.js';
import { tenantsWithSchemas } from './tenants-with-schemas.js';

/**
 * The start-up check. Finds out whether this server, this pooler and this login can keep tenants apart, by
 * sending what the runtime relies on and looking at what comes back.
 *
 * @param placement the database that is asked about
 * @returns what is worth a line in the log, but safe
 * @throws ConfigurationError that lists what cannot be safe; what DatabaseUnavailableError and the
 *   others of the pool say, where the database cannot be asked
 * @example
 * ```ts
 * const { warnings } = await verifyIsolation(connections, registry);
 * for (const warning of warnings) logger.warn(warning);
 * ```
 */
export async function verifyIsolation(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string = DEFAULT_PLACEMENT,
): Promise<{ readonly warnings: readonly string[] }> {
  const tenants = await probeTenants(connections, registry, placement);
  const problems = [
    ...(await serverProblems(connections, placement)),
    ...(await transactionProblems(connections, placement)),
    ...(await scopeProblems(connections, placement, tenants)),
    ...(await searchPathProblems(connections, registry, placement)),
    ...(await sharedProblems(connections, registry, placement)),
    ...(connections.isolation === 'role'
      ? await roleProblems(connections, registry, placement)
      : []),
  ];
  if (problems.length > 0) {
    throw new ConfigurationError(
      `This configuration cannot keep tenants apart: ${problems.join('; ')}.`,
      { remedy: 'docs/isolation.md tells what each of these needs.' },
    );
  }
  return {
    warnings: [
      ...(await tenantsWithoutRole(connections, registry, placement)),
      ...(await sharedWarnings(connections, registry, placement)),
    ],
  };
}

/** The marker is found by reading SQL as the server reads it, backslashes in strings included. */
async function serverProblems(
  connections: ConnectionManager,
  placement: string,
): Promise<string[]> {
  const { rows } = await connections.unscopedQuery<{ setting: string }>(
    "select current_setting('standard_conforming_strings') as setting",
    undefined,
    placement,
  );
  return rows[0]?.setting === 'on'
    ? []
    : ['the server has standard_conforming_strings off; it has to be on'];
}

/** A pooler in statement mode gives each statement of a transaction to another connection. */
async function transactionProblems(
  connections: ConnectionManager,
  placement: string,
): Promise<string[]> {
  return withoutTenant(async () => {
    const client = await connections.poolIn(placement).connect();
    const backend = async () =>
      (await client.query('select pg_backend_pid() as pid')).rows[0]?.['pid'] as unknown;
    try {
      await client.query('begin');
      const same = (await backend()) === (await backend());
      await client.query('commit');
      return same ? [] : ['a transaction is spread over several connections of the server'];
    } catch (error) {
      return [
        `a transaction cannot be used (${describe(error)}); a pooler has to be in transaction or session mode`,
      ];
    } finally {
      client.release();
    }
  });
}

/** What runs without a tenant must not find a tenant's tables by their names alone. */
async function searchPathProblems(
  connections: ConnectionManager,
  registry: TenantRegistry,
  placement: string,
): Promise<string[]> {
  const { rows } = await connections.unscopedQuery<{ schemas: string[] }>(
    'select current_schemas(true)::text[] as schemas',
    undefined,
    placement,
  );
  const tenants = await tenantsWithSchemas(registry, placement, rows[0]?.schemas ?? []);
  return tenants
    .slice(0, 1)
    .map(
      ({ slug }) =>
        `the search path of the login has the schema of the tenant ${slug}; take it out (ALTER ROLE … RESET search_path)`,
    );
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return toError(cause).message;
}
