/** How a filter compares: `?amount[gte]=10`. */
export const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;

export type Comparison = (typeof COMPARISONS)[number];

/** What a query says of one field: a list of values, or one to compare with. */
interface Filter {
  name: string;
  comparison?: Comparison;
  value: unknown;
}

/** All filters of a query. What is no list and compares nothing is of the application's own, and left to it. */
export function filtersIn(query: Record<string, unknown>): Filter[] {
  return Object.entries(query).flatMap(([key, value]): Filter[] => {
    if (value === undefined) return [];
    const [, name, operator] = /^(\w+)\[(\w+)\]$/.exec(key) ?? [];
    const comparison = COMPARISONS.find((known) => known === operator);
    if (name && comparison) return [{ name, comparison, value }];
    return Array.isArray(value) ? [{ name: key, value }] : [];
  });
}
