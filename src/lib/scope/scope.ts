import type { ContextFreeClient } from '../pool/context-free-client.js';
import { ConfigurationError, UnsupportedStatementError } from '../errors.js';
import type { Analysis } from '../sql/analysis.js';
import { quoteIdentifier } from '../sql/identifier.js';
import type { Tenant } from '../tenant/tenant.js';
import { affinityKey } from '../pool/affinity.js';
import type { PreparedStatement } from '../pool/prepared-statements.js';
import type { SessionReset } from '../pool/session-reset.js';
import type { Leftovers, Question } from './leftovers.js';
import type { Preparation, PreparesStatements } from '../pool/preparation.js';
import type { Prelude } from './prelude.js';
import { ScopeSettings } from './scope-settings.js';
import { searchPath } from './search-path.js';

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
  /** Whether its statements are those of the owner of tenants' schemas: migrations. Default false. */
  readonly isOwners?: boolean;
  /** Schemas that all tenants share, in the order in which names are looked for. */
  readonly sharedSchemas: readonly string[];
  /** Whether the settings may be prepared on the connections. */
  readonly prepareSettings: boolean;
  /** Where statements that repeat are prepared. */
  readonly preparesStatements: PreparesStatements;
  readonly limitsOf: (tenant: Tenant) => TenantLimits;
}

/**
 * What ties statements to a tenant, or code without one to what is shared. Derived once, and kept as
 * long as the tenant is.
 */
export class Scope {
  /** Stands for the marker; undefined for code without a tenant. */
  readonly quotedSchema: string | undefined;
  readonly limits: TenantLimits;
  /** Whether it may do what reaches past the tenant. */
  readonly isOwners: boolean;
  readonly settings: ScopeSettings;
  readonly preparation: Preparation;
  /** For the connection that serves the tenant best. */
  readonly affinityKey: number;
  readonly #leftovers: Leftovers;
  readonly #runsAsRole: boolean;
  readonly #sharedSchemas: readonly string[];

  /**
   * @param tenant undefined for code that has said it works without one
   * @param leftovers of the tenant's database
   * @throws ConfigurationError for a tenant without a role where roles are to isolate
   */
  constructor(
    tenant: Tenant | undefined,
    policy: ScopePolicy,
    preparation: Preparation,
    leftovers: Leftovers,
  ) {
    const { isolation, isOwners = false, sharedSchemas, limitsOf } = policy;
    const role = tenant && isolation === 'role' ? requireRole(tenant) : undefined;
    this.preparation = preparation;
    this.isOwners = isOwners;
    this.affinityKey = tenant ? affinityKey(tenant.id) : 0;
    this.quotedSchema = tenant && quoteIdentifier(tenant.schema);
    this.limits = tenant ? limitsOf(tenant) : UNLIMITED;
    this.settings = new ScopeSettings({
      searchPath:
        tenant || sharedSchemas.length > 0 ? searchPath(tenant, sharedSchemas) : undefined,
      role,
      statementTimeoutMs: this.limits.statementTimeoutMs,
      ownSchema: sharedSchemas.length > 0 ? tenant?.schema : undefined,
    });
    this.#leftovers = leftovers;
    this.#runsAsRole = role !== undefined;
    this.#sharedSchemas = sharedSchemas;
  }

  /**
   * What is shared is read by every tenant, and written by code that says it works without one.
   *
   * @throws UnsupportedStatementError for a tenant's statement that names a shared schema to write there
   */
  refuseSharedWrites({ writesTo }: Pick<Analysis, 'writesTo'>): void {
    if (writesTo.length === 0) return;
    const shared = this.#sharedSchemas.find((schema) => writesTo.includes(schema));
    if (shared === undefined) return;
    throw new UnsupportedStatementError(
      `A tenant’s statement writes to the schema ${shared}, which all tenants share`,
      'Write there in withoutTenant(…), and change its tables by shared migrations.',
    );
  }

  /**
   * What the statement is called on the connection, where it is prepared there; undefined where it is
   * sent as it is. Only a text that names the tenant's schema is: it always meets the same search path
   * and role, and so a plan that was made stays right.
   */
  prepared(
    client: ContextFreeClient,
    { source, hash }: Analysis,
    text: string,
  ): PreparedStatement | undefined {
    const { quotedSchema: schema } = this;
    if (schema === undefined) return undefined;
    if (!this.mayPrepare(client) || client.getTransactionStatus() === 'E') return undefined;
    // What others have left there may be a statement of the same name.
    if (this.resets(client)) return undefined;
    return client.prepared?.use({ source, schema, hash: hash ^ this.affinityKey, text });
  }

  /** Whether statements that repeat are prepared on the connection, for all that is known. */
  mayPrepare(client: ContextFreeClient): boolean {
    const { statements } = this.preparation;
    return statements === 'everywhere' || (statements === 'direct' && client.isDirect === true);
  }

  /** Whether it has to be asked first whether the connection is one to the server itself. */
  asksWhetherDirect(client: ContextFreeClient): boolean {
    if (this.quotedSchema === undefined || this.preparation.statements !== 'direct') return false;
    return client.prepared !== undefined && client.isDirect === undefined;
  }

  /** Whether anything is set for its statements: not for code without a tenant where nothing is shared. */
  get isSet(): boolean {
    return !this.settings.none;
  }

  /** The settings that a statement needs in front that is sent on the connection now, if any. */
  settingsFor(client: ContextFreeClient): Prelude | undefined {
    if (!this.isSet) return undefined;
    const status = client.getTransactionStatus();
    // After an error the server takes nothing but the end of the transaction, or of a part of it.
    if (status === 'E') return undefined;
    if (status !== 'T') return this.settings.all;
    // Of its role the server reports nothing.
    return !this.#runsAsRole && client.transactionSettings.stand ? undefined : this.settings.local;
  }

  /** Whether what others may have left on the connection has to be taken away first. */
  resets(client: ContextFreeClient): boolean {
    if (client.getTransactionStatus() !== 'I') return false;
    return this.quotedSchema === undefined ? this.#leftovers.known : this.#leftovers.possible;
  }

  /**
   * What takes that away, to be sent with the statement; undefined where nothing has to. What was
   * prepared there may be something else now, and is prepared anew.
   */
  reset(client: ContextFreeClient): SessionReset | undefined {
    if (!this.resets(client)) return undefined;
    this.preparation.clear(client.connection);
    client.prepared?.forgetAll();
    return client.sessionReset;
  }

  /**
   * What a statement is to ask of the database on its way, if something.
   *
   * @param mayAsk whether it can be asked in front of it
   */
  question(client: ContextFreeClient, analysis: Analysis, mayAsk: boolean): Question | undefined {
    if (this.quotedSchema === undefined || client.getTransactionStatus() === 'E') return undefined;
    return this.#leftovers.question(analysis, mayAsk);
  }
}

const UNLIMITED: TenantLimits = { maxConnections: Infinity, statementTimeoutMs: 0 };

function requireRole({ slug, role }: Tenant): string {
  if (role !== undefined) return role;
  throw new ConfigurationError(`The tenant ${JSON.stringify(slug)} has no role to run as.`, {
    remedy: 'It was created without role isolation: run tenants.createRoles() once.',
  });
}
