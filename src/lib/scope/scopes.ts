import type { Tenant } from '../tenant/tenant.js';
import { Preparation } from './preparation.js';
import { Scope, type ScopePolicy } from './scope.js';

/** The scopes of tenants, and of code without one, under one policy. */
export class Scopes {
  readonly #ofTenants = new WeakMap<Tenant, Scope>();
  /** Undefined where no schemas are shared: names are then found as the login finds them. */
  readonly #ofNobody: Scope | undefined;
  readonly #policy: ScopePolicy;
  readonly #preparation: Preparation;

  constructor(policy: ScopePolicy) {
    this.#policy = policy;
    this.#preparation = new Preparation(policy.prepareSettings);
    if (policy.sharedSchemas.length > 0) {
      this.#ofNobody = new Scope(undefined, policy, this.#preparation);
    }
  }

  /**
   * @param tenant undefined for code that has said it works without one
   * @throws ConfigurationError for a tenant without a role where roles are to isolate
   */
  of(tenant: Tenant | undefined): Scope | undefined {
    if (!tenant) return this.#ofNobody;
    let scope = this.#ofTenants.get(tenant);
    if (!scope) {
      scope = new Scope(tenant, this.#policy, this.#preparation);
      this.#ofTenants.set(tenant, scope);
    }
    return scope;
  }
}
