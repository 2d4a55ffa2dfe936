import { and, asc, desc, getTableColumns, type SQL } from 'drizzle-orm';
import type { PgTable } from 'drizzle-orm/pg-core';
import type { Database } from '../../database/database.js';
import { behind, columnOf, matching } from './conditions.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { PageQueryDto } from './page-query.dto.js';
import type { PageOf } from './page.js';
import { sortKeys } from './sort.js';

/**
 * Reads one page of a table, filtered and sorted as the query says.
 *
 * @param scope what else is true of the rows, whatever the query says
 */
export async function findPage<Table extends PgTable>(
  db: Database,
  table: Table,
  query: PageQueryDto,
  scope?: SQL,
): Promise<PageOf<Table['$inferSelect']>> {
  const { limit, offset, cursor, sort, withTotal, ...filters } = query;
  const columns = getTableColumns(table);
  const keys = sortKeys(sort);
  const wanted = and(scope, ...matching(columns, filters));
  const rest =
    cursor === undefined
      ? wanted
      : and(wanted, behind(columns, keys, decodeCursor(cursor, keys)));

  const rows: Table['$inferSelect'][] = await db
    .select()
    .from(table as PgTable)
    .where(rest)
    .orderBy(
      ...keys.map(({ name, descending }) =>
        (descending ? desc : asc)(columnOf(columns, name)),
      ),
    )
    // One more tells whether there is another page.
    .limit(limit + 1)
    .offset(offset);

  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items,
    nextCursor: last ? encodeCursor(last, keys) : null,
    ...(withTotal && { total: await db.$count(table, wanted) }),
  };
}
