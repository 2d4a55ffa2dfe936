import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { searchPathMessages } from './scope-messages.js';

const scopes = new WeakMap<Tenant, TenantScope>();

/** What statements need of their tenant; derived once, and kept as long as the tenant is. */
export class TenantScope {
  readonly quotedSchema: string;
  /**
   * The tenant's schema alone. `pg_temp` stands last, because PostgreSQL otherwise looks there
   * first for tables.
   */
  readonly searchPath: string;
  #messages: Buffer | undefined;

  private constructor(tenant: Tenant) {
    this.quotedSchema = quoteIdentifier(tenant.schema);
    this.searchPath = `${this.quotedSchema}, pg_temp`;
  }

  static of(tenant: Tenant): TenantScope {
    let scope = scopes.get(tenant);
    if (!scope) {
      scope = new TenantScope(tenant);
      scopes.set(tenant, scope);
    }
    return scope;
  }

  /** Sets the search path on the wire. */
  get messages(): Buffer {
    return (this.#messages ??= searchPathMessages(this.searchPath));
  }
}
