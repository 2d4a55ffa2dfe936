import type { MigrationClass, TenantDataSourceOptions } from '@mt/runtime/typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';

/** Some entities, and what an application does with them. */
export interface Part {
  readonly entities: NonNullable<DataSourceOptions['entities']>;
  /** Of the DataSource, and so of the generator. */
  readonly options?: TenantDataSourceOptions;
  /** Of the connection manager. */
  readonly sharedSchemas?: readonly string[];
  /** Migrations by hand, before the one that is generated. */
  readonly migrations?: readonly MigrationClass[];
  /** What the superuser does once, outside of any tenant. */
  readonly prepare?: string;
  /**
   * Writes rows and expects to read them back. Called once for each tenant, as that tenant.
   *
   * @param asOwner sends what only the owner of the tables may do
   */
  use(
    manager: EntityManager,
    tenant: string,
    asOwner: (text: string) => Promise<void>,
  ): Promise<void>;
}
