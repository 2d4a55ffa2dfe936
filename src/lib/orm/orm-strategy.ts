/** A database of one ORM, bound to one tenant. */
export interface OrmConnection<TDatabase = unknown> {
  readonly tenantId: string;
  /** Whether the tenant's database can be asked right now. */
  isConnected(): boolean;
  /** The ORM's own handle: Drizzle's database, TypeORM's DataSource. */
  getDatabase(): TDatabase;
}

/**
 * How an ORM reaches the tenants' schemas. One strategy serves all tenants; several strategies can
 * share one connection manager.
 */
export interface OrmStrategy<TConnection extends OrmConnection = OrmConnection> {
  /** The ORM's name, for example `drizzle`. */
  readonly type: string;
  /**
   * A connection bound to a tenant. It costs no connection to the server: those belong to the
   * shared pool and are taken when a statement is sent.
   *
   * @throws TenantNotFoundError, TenantNotActiveError
   */
  createConnection(tenantId: string): Promise<TConnection>;
  /** Whether the connection is of this strategy and usable. */
  validateConnection(connection: TConnection): boolean;
}
