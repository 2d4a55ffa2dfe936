import { quoteIdentifier } from '@mt/runtime';
import { fillText, strayText } from '../support/statement-kinds/index.mjs';
import { ask } from './server.mjs';
import { chunks, NOBODY, SEEDED } from './tenancy.mjs';

/** Schemas asked for at once. */
const AT_ONCE = 20;

/**
 * Looks at the rows of all schemas when a run is over.
 *
 * @returns one line for each thing that must not be: a row in a schema it does not belong to, a row
 *   of work that was rolled back or of which an error said so, and rows that were acknowledged and
 *   are not there
 */
export async function findMisplaced({ superuser, tenants, dropped }, ledger) {
  const refused = new Set(ledger?.refused);
  const found = [];
  const kept = new Map();
  for (const some of chunks([NOBODY, ...tenants, ...dropped], AT_ONCE)) {
    const rows = await ask(superuser, some.map(select).join(' union all '));
    for (const { place, id, owner, note } of rows) {
      if (owner !== place) found.push(`${place} holds row ${id} (${note}) of ${owner}`);
      if (note.startsWith('undone')) found.push(`${place} holds ${note}, which was rolled back`);
      if (refused.has(note)) found.push(`${place} holds ${note}, which an error said was not kept`);
      if (note.startsWith('kept')) kept.set(place, (kept.get(place) ?? 0) + 1);
    }
    for (const { place, table, id, owner } of await ask(superuser, strays(some))) {
      found.push(`${place} holds row ${id} of ${table}, of ${owner}`);
    }
  }
  const counted = new Set(tenants.map(({ slug }) => slug));
  for (const [slug, count] of Object.entries(ledger?.acknowledged ?? {})) {
    const there = kept.get(slug) ?? 0;
    if (counted.has(slug) && there < count) {
      found.push(`${slug} was told of ${count} rows that were kept, and has ${there}`);
    }
  }
  return found;
}

/** Leaves the rows that every tenant began with. */
export async function clean({ superuser, tenants, dropped }) {
  for (const some of chunks([NOBODY, ...tenants, ...dropped], AT_ONCE)) {
    await ask(superuser, some.map(restore).join(''));
  }
}

const table = ({ schema }) => `${quoteIdentifier(schema)}.items`;

const select = (each) => `
  select '${each.slug}' as place, id, owner, note from ${table(each)}
  where id > ${SEEDED} or owner <> '${each.slug}' or note <> 'seed'`;

const strays = (some) =>
  some
    .map((each) => `select '${each.slug}' as place, strays.* from (${strayText(each)}) as strays`)
    .join(' union all ');

const restore = (each) => `
  ${fillText(each)}
  delete from ${table(each)} where id > ${SEEDED};
  update ${table(each)} set note = 'seed', owner = '${each.slug}'
  where note <> 'seed' or owner <> '${each.slug}';`;
