import {
  Brackets,
  type FindOptionsOrder,
  type FindOptionsWhere,
  type Repository,
} from 'typeorm';
import { behind, matching, notBefore, whereOf } from './conditions.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import type { PageQueryDto } from './page-query.dto.js';
import type { PageOf } from './page.js';
import { sortKeys } from './sort.js';

/**
 * Reads one page of a table, filtered and sorted as the query says.
 *
 * @param scope what else is true of the rows, whatever the query says
 */
export async function findPage<Row extends object>(
  repository: Repository<Row>,
  query: PageQueryDto,
  scope: FindOptionsWhere<Row> = {},
): Promise<PageOf<Row>> {
  const { limit, offset, cursor, sort, withTotal, ...filters } = query;
  const { columns } = repository.metadata;
  const keys = sortKeys(sort);
  const where = whereOf(scope, matching(columns, filters));

  const page = repository.createQueryBuilder('row').setFindOptions({
    where,
    order: Object.fromEntries(
      keys.map(({ name, descending }) => [name, descending ? 'DESC' : 'ASC']),
    ) as FindOptionsOrder<Row>,
    // One more tells whether there is another page.
    take: limit + 1,
    skip: offset,
  });
  if (cursor !== undefined) {
    const values = decodeCursor(cursor, keys);
    const alternatives = behind(columns, keys, values);
    page
      .andWhere(whereOf({}, notBefore(columns, keys, values)))
      .andWhere(
        new Brackets((rows) =>
          rows.where(alternatives.map((each) => whereOf({}, each))),
        ),
      );
  }

  const rows = await page.getMany();
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return {
    items,
    nextCursor: last ? encodeCursor(last, keys) : null,
    ...(withTotal && { total: await repository.count({ where }) }),
  };
}
