import { ConfigurationError, MigrationChangedError, MigrationMissingError } from '../errors.js';
import type { ControlDatabase } from '../registry/control-database.js';
import { TENANT_MARKER } from '../sql/lexer.js';
import type { LedgerEntry, MigrationLedger } from './ledger.js';
import type { AcceptOptions } from './migrate-options.js';
import type { AcceptedMigration } from './migration-report.js';
import type { Migration } from './migration.js';

/** Stands in the ledger in place of the checksum that was accepted: the migration is gone for good. */
const MISSING = 'missing';

/** Compares the migrations that there are with those that the ledger says were applied. */
export class MigrationHistory {
  readonly #control: ControlDatabase;
  readonly #ledger: MigrationLedger;

  constructor(control: ControlDatabase, ledger: MigrationLedger) {
    this.#control = control;
    this.#ledger = ledger;
  }

  /**
   * @returns the names of migrations that were applied and are not there: deleted, renamed, or of a
   *   newer version than this one
   * @throws MigrationChangedError where one that was applied has another text now
   */
  async verify(migrations: readonly Migration[]): Promise<string[]> {
    const entries = await this.#ledger.entries();
    requireUnchanged(entries, migrations);
    return missingFrom(migrations, entries);
  }

  /** @throws MigrationMissingError that says which of them were renamed, as far as that can be told */
  async refuseMissing(missing: readonly string[], migrations: readonly Migration[]): Promise<void> {
    if (missing.length === 0) return;
    const entries = await this.#ledger.entries();
    const renamed = new Map(
      missing.map((name) => [name, renamedTo(name, entries, migrations)] as const),
    );
    throw new MigrationMissingError(renamed);
  }

  /**
   * Writes into the ledger what is accepted, for the tenants that it concerns.
   *
   * @throws ConfigurationError for names that cannot be meant
   */
  async accept(
    { acceptChanged, acceptRenamed, acceptMissing }: Required<AcceptOptions>,
    migrations: readonly Migration[],
  ): Promise<AcceptedMigration[]> {
    const accepted: AcceptedMigration[] = [];
    for (const [from, to] of Object.entries(acceptRenamed)) {
      refuseKnown('acceptRenamed', from, migrations);
      const { name } = find('acceptRenamed', to, migrations);
      accepted.push({ migration: name, tenants: await this.#rename(from, name) });
    }
    for (const name of acceptMissing) {
      refuseKnown('acceptMissing', name, migrations);
      accepted.push({ migration: name, tenants: await this.#accept(name, MISSING) });
    }
    for (const name of acceptChanged) {
      const { checksum } = find('acceptChanged', name, migrations);
      const tenants = checksum === undefined ? 0 : await this.#accept(name, checksum);
      accepted.push({ migration: name, tenants });
    }
    return accepted;
  }

  async #accept(name: string, instead: string): Promise<number> {
    const { rows } = await this.#control.adminQuery<TenantId>(
      `update ${this.#control.tables.migrations} set accepted = $2
       where name = $1 and checksum is distinct from $2 and accepted is distinct from $2
       returning tenant_id`,
      [name, instead],
    );
    return countTenants(rows);
  }

  #rename(from: string, to: string): Promise<number> {
    const { migrations } = this.#control.tables;
    return this.#control.adminTransaction(async (client) => {
      // Tenants that have both have had it twice.
      await client.query(
        `delete from ${migrations} old using ${migrations} new
         where old.name = $1 and new.name = $2
           and new.tenant_id is not distinct from old.tenant_id`,
        [from, to],
      );
      const { rows } = await client.query<TenantId>(
        `update ${migrations} set name = $2 where name = $1 returning tenant_id`,
        [from, to],
      );
      return countTenants(rows);
    });
  }
}

interface TenantId {
  /** Null for what was applied to what tenants share. */
  readonly tenant_id: string | null;
}

const countTenants = (rows: readonly TenantId[]) =>
  rows.filter(({ tenant_id }) => tenant_id !== null).length;

/** @throws MigrationChangedError */
export function requireUnchanged(
  entries: readonly LedgerEntry[],
  migrations: readonly Migration[],
): void {
  const known = new Map(migrations.map(({ name, checksum }) => [name, checksum]));
  const changed = entries.filter(({ name, checksum, accepted }) => {
    const current = known.get(name);
    // Of some sources an edit cannot be told.
    if (current === undefined || checksum === null) return false;
    return checksum !== current && accepted !== current;
  });
  const names = [...new Set(changed.map(({ name }) => name))];
  if (names.length > 0) throw new MigrationChangedError(names.toSorted());
}

function missingFrom(migrations: readonly Migration[], entries: readonly LedgerEntry[]): string[] {
  const known = new Set([TENANT_MARKER, ...migrations.map(({ name }) => name)]);
  const missing = entries.filter(({ name, accepted }) => !known.has(name) && accepted !== MISSING);
  return [...new Set(missing.map(({ name }) => name))].toSorted();
}

/** The migration that has the same text, if there is just one that nobody had under its own name. */
function renamedTo(
  missing: string,
  entries: readonly LedgerEntry[],
  migrations: readonly Migration[],
): string | undefined {
  const texts = new Set(
    entries.filter(({ name }) => name === missing).map(({ checksum }) => checksum),
  );
  const applied = new Set(entries.map(({ name }) => name));
  const alike = migrations.filter(
    ({ name, checksum }) => checksum !== undefined && texts.has(checksum) && !applied.has(name),
  );
  return alike.length === 1 ? alike[0]?.name : undefined;
}

function find(option: string, name: string, migrations: readonly Migration[]): Migration {
  const found = migrations.find((migration) => migration.name === name);
  if (found) return found;
  throw new ConfigurationError(`${option} names the migration ${name}, and there is none.`, {
    remedy:
      'Write the name as the error has it: that of the file without its ending, or of the class.',
  });
}

function refuseKnown(option: string, name: string, migrations: readonly Migration[]): void {
  if (!migrations.some((migration) => migration.name === name)) return;
  throw new ConfigurationError(`${option} names the migration ${name}, which is there.`, {
    remedy: 'Name one that was applied, and is there no more under that name.',
  });
}
