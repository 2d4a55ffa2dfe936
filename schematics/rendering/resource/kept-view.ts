import type { Orm } from '../../utility/project';
import { keptOf } from './column-type';
import type { ResourceField } from './field';
import type { Kept } from './field-types';

/** What the application keeps of a row by itself. */
export type KeptView = {
  /** Whether a row that is deleted stays in the table. */
  readonly isDeletedSoftly: boolean;
  /** Whether changes name the version that they are of. */
  readonly isVersioned: boolean;
  /** Whether more than its id decides which row is meant. */
  readonly isChecked: boolean;
  /** What finds the row of an id, and the one of a version of it where there are versions. */
  readonly isRow: string;
  readonly isRowAtVersion: string;
  /** What tests find, as the service has it and as JSON does: properties. */
  readonly kept: readonly string[];
  readonly keptJson: readonly string[];
};

export function keptView(orm: Orm, table: string, fields: readonly ResourceField[]): KeptView {
  const isDeletedSoftly = fields.some(({ type }) => type === 'deleted');
  const isVersioned = fields.some(({ type }) => type === 'version');
  const conditions = orm === 'drizzle' ? ofDrizzle(table) : OF_TYPEORM;
  const isNotDeleted = isDeletedSoftly ? [conditions.isNotDeleted] : [];
  const isAtVersion = isVersioned ? [conditions.isAtVersion] : [];
  const all = fields.flatMap((field) => keptOf(field) ?? []);
  return {
    isDeletedSoftly,
    isVersioned,
    isChecked: isDeletedSoftly || isVersioned,
    isRow: conditions.all([...isNotDeleted]),
    isRowAtVersion: conditions.all([...isNotDeleted, ...isAtVersion]),
    kept: all.map((kept) => `${kept.name}: ${matcherOf(kept.expected)}`),
    keptJson: all.map(
      ({ name, expected }) => `${name}: ${matcherOf(expected === 'Date' ? 'String' : expected)}`,
    ),
  };
}

interface Conditions {
  readonly isNotDeleted: string;
  readonly isAtVersion: string;
  /** The row of an id of which more is true. */
  all(more: readonly string[]): string;
}

function ofDrizzle(table: string): Conditions {
  const isId = `eq(${table}.id, id)`;
  return {
    isNotDeleted: `isNull(${table}.deletedAt)`,
    isAtVersion: `version === undefined ? undefined : eq(${table}.version, version)`,
    all: (more) => (more.length === 0 ? isId : `and(${[isId, ...more].join(', ')})`),
  };
}

const OF_TYPEORM: Conditions = {
  // Updates find what is deleted, too.
  isNotDeleted: 'deletedAt: IsNull()',
  isAtVersion: '...(version !== undefined && { version })',
  all: (more) => (more.length === 0 ? 'id' : `{ ${['id', ...more].join(', ')} }`),
};

function matcherOf(expected: Kept['expected'] | 'String'): string {
  return expected === 'null' ? 'null' : `expect.any(${expected})`;
}
