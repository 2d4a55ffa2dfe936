import type pg from 'pg';
import { hasSqlState, SqlState } from '../pool/server-errors.js';
import { TenantNotFoundError } from '../errors.js';
import { migratedPayload } from '../registry/change-notifications.js';
import type { ControlDatabase } from '../registry/control-database.js';
import type { ControlTables } from '../registry/control-tables.js';
import { toTenant, type TenantRow } from '../registry/tenant-row.js';
import type { Tenant } from '../tenant/tenant.js';
import type { Migration, MigrationSession } from './migration.js';
import type { MigrationTarget } from './target.js';

/** A tenant and the migrations it lacks, in the order in which they are applied. */
export interface PendingTenant {
  readonly tenant: Tenant;
  readonly pending: readonly string[];
}

/** What the ledger says of a migration that was applied. */
export interface LedgerEntry {
  readonly name: string;
  /** Of the text that was applied; null where its source knows of none. */
  readonly checksum: string | null;
  /** Of another text that counts as this one. */
  readonly accepted: string | null;
}

/** How many tenants are in memory at a time. */
const PAGE = 500;

/** How long a statement waits for another process, in milliseconds. After that nothing waits in the server. */
const CLAIM_TIMEOUT_MS = 10;

/** Another process is applying just this migration to just this tenant. */
export class ClaimedElsewhere extends Error {}

/**
 * What has been applied to whom: one table for all tenants and what they share, so that what is left to
 * do for ten thousand of them is one question. It is in the control database, and a row is written in
 * the transaction of its migration; so it follows nobody into another one.
 */
export class MigrationLedger {
  readonly #control: ControlDatabase;
  readonly #tables: ControlTables;

  constructor(control: ControlDatabase) {
    this.#control = control;
    this.#tables = control.tables;
  }

  async countPending(migrations: readonly Migration[]): Promise<number> {
    const { rows } = await this.#control.query<{ count: number }>(
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
      const { rows } = await this.#control.query<TenantRow & { pending: string[] }>(
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

  /**
   * What was applied to one target.
   *
   * @throws ConfigurationError for one in another database
   */
  async appliedTo({ tenantId, placement }: LedgerTarget): Promise<LedgerEntry[]> {
    this.#control.requireSame(placement);
    const { rows } = await this.#control.query<LedgerEntry & pg.QueryResultRow>(
      `select name, checksum, accepted from ${this.#tables.migrations} where ${isOf(tenantId)}`,
      [tenantId],
    );
    return rows;
  }

  /** What one target lacks, in the order in which it is applied. */
  async lackedBy<T extends MigrationSession>(
    target: LedgerTarget,
    migrations: readonly Migration<T>[],
  ): Promise<Migration<T>[]> {
    if (migrations.length === 0) return [];
    const applied = new Set((await this.appliedTo(target)).map(({ name }) => name));
    return migrations.filter(({ name }) => !applied.has(name));
  }

  /** What was applied to anybody, each once. */
  async entries(): Promise<LedgerEntry[]> {
    const { rows } = await this.#control.query<LedgerEntry & pg.QueryResultRow>(
      `select distinct name, checksum, accepted from ${this.#tables.migrations}`,
      [],
    );
    return rows;
  }

  /**
   * Writes the row of a migration before it is applied, in its transaction: whoever has written it is
   * the one who applies it. It becomes visible with what the migration does, or not at all.
   *
   * @returns false where it was applied already
   * @throws ClaimedElsewhere, TenantNotFoundError where the tenant was deleted
   */
  async claim(
    session: MigrationSession,
    target: MigrationTarget,
    { name, checksum }: Migration,
  ): Promise<boolean> {
    await session.query(`set local lock_timeout = ${CLAIM_TIMEOUT_MS}`);
    try {
      const { rows } = await session.query(
        `insert into ${this.#tables.migrations} (tenant_id, name, checksum, duration_ms)
         values ($1, $2, $3, 0) on conflict do nothing returning name`,
        [target.tenantId, name, checksum ?? null],
      );
      await session.query('set local lock_timeout to default');
      return rows.length > 0;
    } catch (error) {
      if (CLAIMED.some((state) => hasSqlState(error, state))) throw new ClaimedElsewhere();
      if (target.slug !== undefined && hasSqlState(error, SqlState.foreignKeyViolation)) {
        throw new TenantNotFoundError(target.slug);
      }
      throw error;
    }
  }

  /** Writes how long it took, once it has worked, and tells other processes when it is kept. */
  async finish(
    session: MigrationSession,
    { tenantId, slug, schema }: MigrationTarget,
    { name }: Migration,
    durationMs: number,
  ): Promise<void> {
    await session.query(
      `update ${this.#tables.migrations} set duration_ms = $3 where ${isOf(tenantId)} and name = $2`,
      [tenantId, name, Math.round(durationMs)],
    );
    const tenant = slug !== undefined && schema !== undefined ? { slug, schema } : undefined;
    await session.query('select pg_catalog.pg_notify($1, $2)', [
      this.#tables.channel,
      migratedPayload(tenant),
    ]);
  }

  get #fromBehind(): string {
    return `from ${this.#tables.tenants} tenant
      where tenant.status in ('active', 'suspended') and cardinality($1::text[]) > (
        select count(*) from ${this.#tables.migrations} applied
        where applied.tenant_id = tenant.id and applied.name = any($1::text[]))`;
  }
}

/** Whose rows they are. */
type LedgerTarget = Pick<MigrationTarget, 'tenantId' | 'placement'>;

/** The condition for the rows of one target, whose id is the first parameter. */
function isOf(tenantId: string | undefined): string {
  // A comparison by IS NOT DISTINCT FROM would read the whole ledger.
  return tenantId === undefined ? 'tenant_id is null and $1::uuid is null' : 'tenant_id = $1';
}

/** The second state is that of a login whose transactions are REPEATABLE READ or stricter. */
const CLAIMED = [SqlState.lockNotAvailable, SqlState.serializationFailure];
