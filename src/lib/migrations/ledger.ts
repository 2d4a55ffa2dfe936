import type pg from 'pg';
import type { ConnectionManager } from '../connections/connection-manager.js';
import { MigrationChangedError } from '../errors.js';
import type { ControlTables } from '../registry/control-schema.js';
import { toTenant, type TenantRow } from '../registry/tenant-row.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Migration, MigrationSession } from './migration.js';

/** A tenant and the migrations it lacks, in the order in which they are applied. */
export interface PendingTenant {
  readonly tenant: Tenant;
  readonly pending: readonly string[];
}

/** How many tenants are in memory at a time. */
const PAGE = 500;

/**
 * What has been applied to whom: one table for all tenants, so that what is left to do for ten
 * thousand of them is one question.
 */
export class MigrationLedger {
  readonly #connections: ConnectionManager;
  readonly #tables: ControlTables;

  constructor(connections: ConnectionManager, tables: ControlTables) {
    this.#connections = connections;
    this.#tables = tables;
  }

  /** @throws MigrationChangedError where an applied migration has another text now */
  async verify(migrations: readonly Migration[]): Promise<void> {
    const { rows } = await this.#query<{ name: string }>(
      `select distinct known.name
       from unnest($1::text[], $2::text[]) as known (name, checksum)
       join ${this.#tables.migrations} applied on applied.name = known.name
       where applied.checksum <> known.checksum
       order by known.name`,
      [migrations.map(({ name }) => name), migrations.map(({ checksum }) => checksum ?? null)],
    );
    if (rows.length > 0) throw new MigrationChangedError(rows.map(({ name }) => name));
  }

  async countPending(migrations: readonly Migration[]): Promise<number> {
    const { rows } = await this.#query<{ count: number }>(
      `select count(*)::int as count ${this.#fromBehind}`,
      [migrations.map(({ name }) => name)],
    );
    return rows[0]?.count ?? 0;
  }

  /** Tenants that lack a migration, page by page. */
  async *pending(migrations: readonly Migration[]): AsyncGenerator<PendingTenant> {
    const names = migrations.map(({ name }) => name);
    let after = '';
    for (;;) {
      const { rows } = await this.#query<TenantRow & { pending: string[] }>(
        `select tenant.*, array(
           select known.name from unnest($1::text[]) with ordinality as known (name, position)
           where not exists (
             select from ${this.#tables.migrations} applied
             where applied.tenant_id = tenant.id and applied.name = known.name)
           order by known.position) as pending
         ${this.#fromBehind} and tenant.slug > $2
         order by tenant.slug limit ${PAGE}`,
        [names, after],
      );
      for (const row of rows) yield { tenant: toTenant(row), pending: row.pending };
      if (rows.length < PAGE) return;
      after = rows.at(-1)?.slug ?? after;
    }
  }

  /** What this tenant lacks, asked and locked inside its own transaction. */
  async lock(session: MigrationSession, tenant: Tenant): Promise<ReadonlySet<string>> {
    await session.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [
      `mt:tenant:${tenant.id}`,
    ]);
    const { rows } = await session.query(
      `select name from ${this.#tables.migrations} where tenant_id = $1`,
      [tenant.id],
    );
    return new Set(rows.map(({ name }) => String(name)));
  }

  async record(
    session: MigrationSession,
    tenant: Tenant,
    migration: Migration,
    durationMs: number,
  ): Promise<void> {
    await session.query(
      `insert into ${this.#tables.migrations} (tenant_id, name, checksum, duration_ms)
       values ($1, $2, $3, $4)`,
      [tenant.id, migration.name, migration.checksum ?? null, Math.round(durationMs)],
    );
  }

  get #fromBehind(): string {
    return `from ${this.#tables.tenants} tenant
      where tenant.status in ('active', 'suspended') and cardinality($1::text[]) > (
        select count(*) from ${this.#tables.migrations} applied
        where applied.tenant_id = tenant.id and applied.name = any($1::text[]))`;
  }

  #query<R extends pg.QueryResultRow>(text: string, values: unknown[]) {
    return this.#connections.unscopedQuery<R>(text, values);
  }
}
