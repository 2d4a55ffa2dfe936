import { ConfigurationError } from '../errors.js';
import type { Analysis } from '../sql/analysis.js';
import { quoteIdentifier, quoteLiteral } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { affinityKey } from './affinity.js';
import { Preparation } from './preparation.js';
import { SettingMessages, settingText, type Setting } from './scope-messages.js';

/**
 * What keeps tenants apart. `schema`: each statement is tied to its tenant's schema. `role`: it also
 * runs as the tenant's PostgreSQL role, which has rights on that schema only.
 */
export type Isolation = 'schema' | 'role';

/** What one tenant may take of what all share. */
export interface TenantLimits {
  /** Most connections that the tenant has at a time. */
  readonly maxConnections: number;
  /** How long a statement may take, in milliseconds; 0 for as long as the server lets it. */
  readonly statementTimeoutMs: number;
}

export interface ScopePolicy {
  readonly isolation: Isolation;
  /** Whether the settings may be prepared on the connections. */
  readonly prepareSettings: boolean;
  readonly limitsOf: (tenant: Tenant) => TenantLimits;
}

/** The scopes of tenants under one policy. */
export class TenantScopes {
  readonly #scopes = new WeakMap<Tenant, TenantScope>();
  readonly #policy: ScopePolicy;
  readonly #preparation: Preparation;

  constructor(policy: ScopePolicy) {
    this.#policy = policy;
    this.#preparation = new Preparation(policy.prepareSettings);
  }

  /** @throws ConfigurationError for a tenant without a role where roles are to isolate */
  of(tenant: Tenant): TenantScope {
    let scope = this.#scopes.get(tenant);
    if (!scope) {
      scope = new TenantScope(tenant, this.#policy, this.#preparation);
      this.#scopes.set(tenant, scope);
    }
    return scope;
  }
}

/** What statements need of their tenant; derived once, and kept as long as the tenant is. */
export class TenantScope {
  readonly quotedSchema: string;
  readonly limits: TenantLimits;
  readonly preparation: Preparation;
  /** For the connection that serves the tenant best. */
  readonly affinityKey: number;
  readonly #tenant: Tenant;
  readonly #role: string | undefined;
  #messages: SettingMessages | undefined;
  #messagesForQualified: SettingMessages | undefined;

  constructor(tenant: Tenant, { isolation, limitsOf }: ScopePolicy, preparation: Preparation) {
    this.preparation = preparation;
    this.affinityKey = affinityKey(tenant.id);
    this.#tenant = tenant;
    this.quotedSchema = quotedSchema(tenant);
    this.limits = limitsOf(tenant);
    this.#role = isolation === 'role' ? requireRole(tenant) : undefined;
  }

  /** Whether each statement needs the settings, and not only one that does not name the schema. */
  get always(): boolean {
    return this.#role !== undefined || this.limits.statementTimeoutMs > 0;
  }

  /**
   * Makes the settings on the wire, for the transaction that the statement is in. One that names its
   * schema everywhere goes without the search path, which costs the server most.
   */
  messagesFor({ needsSearchPath }: Pick<Analysis, 'needsSearchPath'>): SettingMessages {
    if (!needsSearchPath) {
      return (this.#messagesForQualified ??= new SettingMessages(this.#otherSettings()));
    }
    return (this.#messages ??= new SettingMessages([this.#searchPath(), ...this.#otherSettings()]));
  }

  /** A statement that makes the settings, in front of others in one text. */
  get text(): string {
    return settingText([this.#searchPath(), ...this.#otherSettings()], quoteLiteral);
  }

  #searchPath(): Setting {
    return ['search_path', searchPath(this.#tenant)];
  }

  #otherSettings(): Setting[] {
    const settings: Setting[] = [];
    if (this.#role !== undefined) settings.push(['role', this.#role]);
    const { statementTimeoutMs } = this.limits;
    if (statementTimeoutMs > 0) settings.push(['statement_timeout', String(statementTimeoutMs)]);
    return settings;
  }
}

export function quotedSchema(tenant: Tenant): string {
  return quoteIdentifier(tenant.schema);
}

/**
 * The tenant's schema alone. `pg_temp` stands last, because PostgreSQL otherwise looks there first
 * for tables; and not second, because it would create tables there if the schema were gone. Nobody
 * may create any in `pg_catalog`.
 */
export function searchPath(tenant: Tenant): string {
  return `${quotedSchema(tenant)}, pg_catalog, pg_temp`;
}

function requireRole({ slug, role }: Tenant): string {
  if (role !== undefined) return role;
  throw new ConfigurationError(`The tenant ${JSON.stringify(slug)} has no role to run as.`, {
    remedy: 'It was created without role isolation: run tenants.createRoles() once.',
  });
}
