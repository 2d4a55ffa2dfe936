import { SEEDED } from '../tenancy.mjs';
import { strangerIn } from './strangers.mjs';
import { describe, tenancyErrorIn, typeOf } from './errors.mjs';

/**
 * What a step of one kind is given, on behalf of one tenant: the tenant and another one, the store of
 * the ORM and the pool below it, and how to tell what was found.
 *
 * @param step `kind`, `tenant`, `isDropped` (whether its schema comes and goes) and `random`
 * @param worker what all steps share: `store`, `pool`, `ledger`, `tally`, `unawaited`, `tenants`,
 *   `faults`
 */
export function contextOf({ kind, tenant, isDropped, random }, worker) {
  const { store, pool, ledger, tally, unawaited, tenants, faults } = worker;

  /** Counts an error, and has it found out where it has no type. */
  const failed = (error) => {
    const type = typeOf(error, kind, { faults, dropped: isDropped });
    if (type !== undefined) tally.error(type);
    else tally.problem('untyped', `${kind.name} (${tenant.slug}): ${describe(error)}`);
  };

  /** Looks at rows that the tenant has read. */
  const see = (rows, expected) => {
    const leak = (what) => tally.problem('leaks', `${kind.name}: ${tenant.slug} read ${what}`);
    tally.rowsChecked += rows.length;
    for (const row of rows) {
      const stranger = strangerIn(row, tenant);
      if (stranger) leak(`row ${row.id} of ${stranger}`);
      if (row.note?.startsWith('undone:')) leak(`${row.note}, which was rolled back`);
    }
    if (expected !== undefined && !isDropped && rows.length !== expected) {
      leak(`${rows.length} rows, not ${expected}`);
    }
  };

  return {
    store,
    pool,
    tenant,
    other: anotherThan(tenant, tenants, random),
    random,
    ledger,
    failed,
    see: (rows) => see(rows),
    /** The same of the rows that every tenant has. */
    complete: (rows) => see(rows, SEEDED),
    one: (rows) => see(rows, 1),

    /** Leaves work to itself, as an application does that forgets to await it. */
    later(promise) {
      const settled = promise.catch(failed).finally(() => unawaited.delete(settled));
      unawaited.add(settled);
    },

    /** Does what must be refused with this code. */
    async refused(code, attempt) {
      try {
        await attempt();
      } catch (error) {
        if (tenancyErrorIn(error)?.code !== code) throw error;
        tally.refusals++;
        return;
      }
      tally.problem('leaks', `${kind.name}: it was not refused (${code})`);
    },
  };
}

function anotherThan(tenant, tenants, random) {
  for (;;) {
    const other = random.pick(tenants);
    if (other !== tenant) return other;
  }
}
