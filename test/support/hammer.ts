import { setTimeout as delay } from 'node:timers/promises';
import { runWithTenant, type Tenant } from '@mt/runtime';
import type { TestDatabase } from './database.js';
import type { ItemStore } from './orms.js';

export const CLIENTS = 50;
export const STEPS = 20;

export interface Outcome {
  reads: number;
  /** Rows that somebody read and that are another's. */
  leaks: number;
}

/** Gives every tenant five rows of its own, with the same ids everywhere. */
export async function fillItems(database: TestDatabase, tenants: readonly Tenant[]): Promise<void> {
  for (const { schema, slug } of tenants) {
    await database.query(`truncate ${schema}.items restart identity`);
    await database.query(
      `insert into ${schema}.items (owner) select $1 from generate_series(1, 5)`,
      [slug],
    );
  }
}

/** Fifty clients of tenants with equal ids, all at once, each step of another kind. */
export async function hammer(store: ItemStore, tenants: readonly Tenant[]): Promise<Outcome> {
  const outcome: Outcome = { reads: 0, leaks: 0 };
  const client = async (number: number) => {
    const tenant = tenants[number % tenants.length] as Tenant;
    const check = (rows: readonly { owner: string }[]) => {
      outcome.reads += rows.length;
      outcome.leaks += rows.filter(({ owner }) => owner !== tenant.slug).length;
    };
    await runWithTenant(tenant, async () => {
      for (let step = 0; step < STEPS; step++) {
        const kind = (number + step) % 5;
        if (kind === 0) check(await store.all());
        if (kind === 1) check([(await store.find((step % 5) + 1)) ?? { owner: 'nobody' }]);
        if (kind === 2) check(await store.raw());
        if (kind === 3) check(await store.transaction(tenant.slug));
        if (kind === 4) await store.insert(tenant.slug);
        if (step % 7 === 0) await delay(1);
      }
    });
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
  return outcome;
}

/** Rows that lie in a schema they do not belong to, and rows of savepoints that were rolled back. */
export async function misplacedRows(
  database: TestDatabase,
  tenants: readonly Tenant[],
): Promise<number> {
  const counts = await Promise.all(
    tenants.map(({ schema, slug }) =>
      database.query<{ count: number }>(
        `select count(*)::int as count from ${schema}.items where owner <> $1 or note = 'undone'`,
        [slug],
      ),
    ),
  );
  return counts.flat().reduce((sum, { count }) => sum + count, 0);
}
