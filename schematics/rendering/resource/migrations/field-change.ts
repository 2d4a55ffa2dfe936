import type { ResourceField } from '../field';

/** What becomes of one field: it is new without `before`, and dropped without `after`. */
export interface FieldChange {
  readonly before?: ResourceField;
  readonly after?: ResourceField;
}
