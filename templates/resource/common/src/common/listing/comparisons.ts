/** How a filter compares: `?amount[gte]=10`. */
export const COMPARISONS = ['gt', 'gte', 'lt', 'lte'] as const;

export type Comparison = (typeof COMPARISONS)[number];
