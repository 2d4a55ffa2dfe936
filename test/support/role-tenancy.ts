import { createLogins, type Logins } from '@mt/runtime/embedded';
import type { ConnectionManagerOptions } from '@mt/runtime';
import { useTenancy, type TestTenancy } from './tenancy.js';

/** Tenants that are kept apart by roles, over the two logins that this takes. */
export function useRoleTenancy(
  options: Omit<ConnectionManagerOptions, 'connectionString'> = {},
  firstMigration?: string,
): TestTenancy & { readonly logins: Logins } {
  const logins = {} as Logins;
  const tenancy = useTenancy({ isolation: 'role', ...options }, firstMigration, async (url) =>
    Object.assign(logins, await createLogins(url)),
  );
  return Object.assign(tenancy, { logins });
}
