import { applyDecorators, type Type } from '@nestjs/common';
import { ArrayMaxSize, IsOptional } from 'class-validator';
import { COMPARISONS, type Comparison } from './comparisons.js';
import { HeldTo, MOST_VALUES, type Reader } from './held-to.js';
import { PageQueryDto } from './page-query.dto.js';
import { IsSortOf } from './sort.js';

type Readers<Row> = {
  readonly [Name in keyof Row & string]?: Reader<NonNullable<Row[Name]>>;
};

interface ListOptions<Row, Filters, Range> {
  /** `?status=sent`, and `?status=sent&status=paid` for rows with one of these. */
  filters?: Filters & Record<Exclude<keyof Filters, keyof Row>, never>;
  /** Filters that also compare: `?amount[gte]=10`, with gt, gte, lt and lte. */
  ranges?: readonly Range[];
  /** `?sort=-dueOn,number`. The id is always among them. */
  sorts?: readonly ((keyof Row & string) | Moment)[];
}

/** What a row may have, and the DTO of a new one has not. */
type Moment = 'createdAt' | 'updatedAt';

type QueryOf<Row, Filters, Range extends keyof Row & string> = PageQueryDto & {
  [Name in keyof Row & keyof Filters]?: NonNullable<Row[Name]>[];
} & {
  [Name in Range as `${Name}[${Comparison}]`]?: NonNullable<Row[Name]>;
};

/**
 * The query of a list: clients may filter and sort by what it names, and by nothing else. Values are held to the
 * rules of the DTO of a new row.
 */
export function ListQuery<
  Row extends object,
  const Filters extends Readers<Row>,
  const Range extends keyof Row & keyof Filters & string = never,
>(
  dto: Type<Row>,
  options: ListOptions<Row, Filters, Range>,
): Type<QueryOf<Row, Filters, Range>> {
  const readers: Record<string, Reader> = { ...options.filters };
  const ranges: readonly string[] = options.ranges ?? [];

  class ListQueryDto extends PageQueryDto {}
  const decorate = (name: string, ...decorators: PropertyDecorator[]) =>
    applyDecorators(IsOptional(), ...decorators)(ListQueryDto.prototype, name);

  decorate('sort', IsSortOf(['id', ...(options.sorts ?? [])]));
  for (const [name, reader] of Object.entries(readers)) {
    decorate(
      name,
      ArrayMaxSize(MOST_VALUES),
      HeldTo(dto, name, reader, { list: true }),
    );
    if (!ranges.includes(name)) continue;
    for (const comparison of COMPARISONS) {
      decorate(`${name}[${comparison}]`, HeldTo(dto, name, reader));
    }
  }
  return ListQueryDto as Type<QueryOf<Row, Filters, Range>>;
}
