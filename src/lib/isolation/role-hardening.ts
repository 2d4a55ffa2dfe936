import { adminRole, applicationRole } from '../roles/login-roles.js';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { DEFAULT_PLACEMENT } from '../connections/options.js';
import { quoteIdentifier } from '../sql/identifier.js';

/** Ways by which a tenant's role could have code run that becomes another role. */
interface Ways {
  readonly database: string;
  readonly sets: boolean;
  readonly runs: boolean;
  readonly defines: boolean;
}

/**
 * What is left to do so that nothing a tenant's statement runs can become another tenant's role.
 *
 * The application's login may become the role of any tenant, and PostgreSQL asks for that right and
 * not for the role in force: code that runs as one tenant can call set_config('role', …). Without the
 * right to call it, to run blocks of code and to define functions, it cannot. Tenants then lose
 * set_config() for settings of their own, for which there is SET LOCAL, and DO.
 *
 * @param placement the database that is asked about
 * @returns the statements that a superuser has to run in the database once; empty where it is done,
 *   and where roles do not isolate
 * @example
 * ```ts
 * for (const statement of await missingRoleHardening(connections)) console.log(`${statement};`);
 * ```
 */
export async function missingRoleHardening(
  connections: ConnectionManager,
  placement: string = DEFAULT_PLACEMENT,
): Promise<string[]> {
  if (connections.isolation !== 'role') return [];
  const application = await applicationRole(connections, placement);
  const admin = connections.placement(placement).hasAdmin
    ? await adminRole(connections, placement)
    : application;
  const { rows } = await connections.unscopedQuery<Ways>(WAYS, undefined, placement);
  const [found] = rows;
  if (!found) return [];
  const logins = [...new Set([application, admin])].map(quoteIdentifier).join(', ');
  return [
    ...(found.sets
      ? [
          'revoke execute on function pg_catalog.set_config(text, text, boolean) from public',
          `grant execute on function pg_catalog.set_config(text, text, boolean) to ${logins}`,
        ]
      : []),
    ...(found.runs
      ? [
          'revoke usage on language plpgsql from public',
          `grant usage on language plpgsql to ${logins}`,
        ]
      : []),
    ...(found.defines
      ? [`revoke temporary on database ${quoteIdentifier(found.database)} from public`]
      : []),
  ];
}

/** Whether everybody has the right. Where no rights were given, there are those that everybody has. */
const everybodyMay = (acl: string, right: string) => `exists (
  select from pg_catalog.aclexplode(coalesce(${acl})) where grantee = 0 and privilege_type = '${right}'
)`;

const WAYS = `
  select current_database() as database,
    (select ${everybodyMay("proacl, acldefault('f', proowner)", 'EXECUTE')}
     from pg_catalog.pg_proc
     where oid = 'pg_catalog.set_config(text, text, boolean)'::pg_catalog.regprocedure) as sets,
    (select ${everybodyMay("lanacl, acldefault('l', lanowner)", 'USAGE')}
     from pg_catalog.pg_language where lanname = 'plpgsql') as runs,
    (select ${everybodyMay("datacl, acldefault('d', datdba)", 'TEMPORARY')}
     from pg_catalog.pg_database where datname = current_database()) as defines`;
