/** The states of a tenant's life. Only an `active` tenant is served. */
export const TENANT_STATUSES = ['provisioning', 'active', 'suspended', 'archived'] as const;

export type TenantStatus = (typeof TENANT_STATUSES)[number];

/** A tenant as the registry knows it. Objects of this type are frozen. */
export interface Tenant {
  /** Immutable; what jobs, tokens and foreign keys refer to. */
  readonly id: string;
  /** Unique; what a request names. */
  readonly slug: string;
  /** The PostgreSQL schema, derived once when the tenant was created and stored since. */
  readonly schema: string;
  /** The PostgreSQL role that statements run as under role isolation, if it was created with one. */
  readonly role: string | undefined;
  /** The database the tenant lives in, a key of the connection manager's placements. */
  readonly placement: string;
  readonly status: TenantStatus;
  /** For people. */
  readonly name: string;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}
