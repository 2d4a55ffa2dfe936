import type { Tenant } from '../tenant/tenant.js';
import type { Leftovers } from './leftovers.js';
import { Preparation } from '../pool/preparation.js';
import { Scope, type ScopePolicy } from './scope.js';

/** The scopes of tenants, and of code without one, under one policy. */
export class Scopes {
  readonly #ofTenants = new WeakMap<Tenant, Scope>();
  readonly #policy: ScopePolicy;
  readonly #preparation: Preparation;
  readonly #leftoversOf: (placement?: string) => Leftovers;
  #ofNobody: Scope | undefined;

  /** @param leftoversOf those of a placement's database; of the default one where nothing is named */
  constructor(policy: ScopePolicy, leftoversOf: (placement?: string) => Leftovers) {
    this.#policy = policy;
    this.#preparation = new Preparation(policy.prepareSettings, policy.preparesStatements);
    this.#leftoversOf = leftoversOf;
  }

  /**
   * @param tenant undefined for code that has said it works without one
   * @throws ConfigurationError for a tenant without a role where roles are to isolate, or of a
   *   placement that was not configured
   */
  of(tenant: Tenant | undefined): Scope {
    if (!tenant) return (this.#ofNobody ??= this.#scope(undefined));
    let scope = this.#ofTenants.get(tenant);
    if (!scope) {
      scope = this.#scope(tenant);
      this.#ofTenants.set(tenant, scope);
    }
    return scope;
  }

  #scope(tenant: Tenant | undefined): Scope {
    const leftovers = this.#leftoversOf(tenant?.placement);
    return new Scope(tenant, this.#policy, this.#preparation, leftovers);
  }
}
