import type { ResourceNames } from '../../names';
import type { ResourceField } from '../field';

/** How a migration tool writes the parts of a table, so that it finds what it would have made itself. */
export interface Dialect {
  /** `"due_on" date DEFAULT now() NOT NULL` */
  column(field: ResourceField): string;
  type(field: ResourceField): string;
  default(field: ResourceField): string | undefined;
  uniqueName(names: ResourceNames, field: ResourceField): string;
  indexName(names: ResourceNames, field: ResourceField): string;
  /** What is said of a new index in front of its columns. */
  readonly indexMethod: string;
  /** What the values of the column are the ids of. */
  foreignKey(names: ResourceNames, field: ResourceField): ForeignKey | undefined;
  /** What the values of the column have to satisfy. */
  check(names: ResourceNames, field: ResourceField): DialectCheck | undefined;
}

export interface ForeignKey {
  readonly name: string;
  /** Behind the name: `FOREIGN KEY ("customer_id") REFERENCES …` */
  readonly definition: string;
}

export interface DialectCheck {
  readonly name: string;
  readonly condition: string;
}
