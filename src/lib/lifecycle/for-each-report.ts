import type { Tenant } from '../tenant/tenant.js';

export interface ForEachReport {
  /** Tenants for which it was done. */
  readonly done: readonly Tenant[];
  /** Tenants for which it failed, and why. */
  readonly failed: readonly { readonly tenant: Tenant; readonly error: Error }[];
  /** Tenants for which it was not begun, because another one failed or the run was stopped. */
  readonly skipped: readonly Tenant[];
}
