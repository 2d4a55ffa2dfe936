import type { ResourceNames } from '../../names';
import { columnOf, type ResourceField } from '../field';
import { MARKER } from '../types';
import type { Dialect } from './dialect';
import type { FieldChange } from './field-change';

/** The statements that make of a table with the fields before one with those after. */
export function alterTable(
  names: ResourceNames,
  changes: readonly FieldChange[],
  dialect: Dialect,
): string[] {
  return changes.flatMap(({ before, after }) => {
    if (before && after) return new Change(names, dialect, before, after).statements();
    if (after) return [...addColumn(names, dialect, after)];
    // What is made of the column goes with it.
    return before ? [`${alter(names)} DROP COLUMN "${columnOf(before)}"`] : [];
  });
}

/** The same the other way round. */
export function reversed(changes: readonly FieldChange[]): FieldChange[] {
  return changes
    .map(({ before, after }) => ({
      ...(after && { before: after }),
      ...(before && { after: before }),
    }))
    .toReversed();
}

function alter({ plural }: ResourceNames): string {
  return `ALTER TABLE "${MARKER}"."${plural.snake}"`;
}

function addColumn(names: ResourceNames, dialect: Dialect, field: ResourceField): string[] {
  const check = dialect.check(names, field);
  return [
    `${alter(names)} ADD COLUMN ${dialect.column(field)}`,
    ...(field.unique ? [addUnique(names, dialect, field)] : []),
    ...(check ? [`${alter(names)} ADD CONSTRAINT "${check.name}" CHECK (${check.condition})`] : []),
    ...addForeignKey(names, dialect, field),
    ...(field.index ? [createIndex(names, dialect, field)] : []),
  ];
}

function addForeignKey(names: ResourceNames, dialect: Dialect, field: ResourceField): string[] {
  const key = dialect.foreignKey(names, field);
  return key ? [`${alter(names)} ADD CONSTRAINT "${key.name}" ${key.definition}`] : [];
}

function addUnique(names: ResourceNames, dialect: Dialect, field: ResourceField): string {
  return `${alter(names)} ADD CONSTRAINT "${dialect.uniqueName(names, field)}" UNIQUE ("${columnOf(field)}")`;
}

function createIndex(names: ResourceNames, dialect: Dialect, field: ResourceField): string {
  const table = `"${MARKER}"."${names.plural.snake}"`;
  return `CREATE INDEX "${dialect.indexName(names, field)}" ON ${table} ${dialect.indexMethod}("${columnOf(field)}")`;
}

/** One column, from what it was to what it is to be. */
class Change {
  private readonly column: string;

  constructor(
    private readonly names: ResourceNames,
    private readonly dialect: Dialect,
    private readonly before: ResourceField,
    private readonly after: ResourceField,
  ) {
    this.column = columnOf(after);
  }

  statements(): string[] {
    return [
      ...this.dropped(),
      ...this.renamed(),
      ...this.retyped(),
      ...this.required(),
      ...this.added(),
    ];
  }

  private get isRenamed(): boolean {
    return columnOf(this.before) !== this.column;
  }

  /** Whether both have a check, and one that says the same. */
  private get keepsCheck(): boolean {
    const [before, after] = this.checks();
    // PostgreSQL follows the column when it is renamed.
    return (
      before !== undefined &&
      before.condition.replaceAll(`"${columnOf(this.before)}"`, `"${this.column}"`) ===
        after?.condition
    );
  }

  /** Whether both refer to the same, in the same way. */
  private get keepsForeignKey(): boolean {
    const [before, after] = this.foreignKeys();
    return (
      before !== undefined &&
      before.definition.replace(`("${columnOf(this.before)}")`, `("${this.column}")`) ===
        after?.definition
    );
  }

  private foreignKeys() {
    const { dialect, names, before, after } = this;
    return [dialect.foreignKey(names, before), dialect.foreignKey(names, after)] as const;
  }

  private checks() {
    const { dialect, names, before, after } = this;
    return [dialect.check(names, before), dialect.check(names, after)] as const;
  }

  private alter(what: string): string {
    return `${alter(this.names)} ${what}`;
  }

  private alterColumn(what: string): string {
    return this.alter(`ALTER COLUMN "${this.column}" ${what}`);
  }

  private dropped(): string[] {
    const { dialect, names, before, after } = this;
    const [check] = this.checks();
    const [key] = this.foreignKeys();
    return [
      ...(key && !this.keepsForeignKey ? [this.alter(`DROP CONSTRAINT "${key.name}"`)] : []),
      ...(check && !this.keepsCheck ? [this.alter(`DROP CONSTRAINT "${check.name}"`)] : []),
      ...(before.unique && !after.unique
        ? [this.alter(`DROP CONSTRAINT "${dialect.uniqueName(names, before)}"`)]
        : []),
      ...(before.index && !after.index
        ? [`DROP INDEX "${MARKER}"."${dialect.indexName(names, before)}"`]
        : []),
    ];
  }

  private renamed(): string[] {
    const { dialect, names, before, after } = this;
    if (!this.isRenamed) return [];
    const [checkBefore, checkAfter] = this.checks();
    const [keyBefore, keyAfter] = this.foreignKeys();
    const constraint = (from: string, to: string): string =>
      this.alter(`RENAME CONSTRAINT "${from}" TO "${to}"`);
    return [
      this.alter(`RENAME COLUMN "${columnOf(before)}" TO "${this.column}"`),
      ...(before.unique && after.unique
        ? [constraint(dialect.uniqueName(names, before), dialect.uniqueName(names, after))]
        : []),
      ...(this.keepsCheck && checkBefore && checkAfter
        ? [constraint(checkBefore.name, checkAfter.name)]
        : []),
      ...(this.keepsForeignKey && keyBefore && keyAfter
        ? [constraint(keyBefore.name, keyAfter.name)]
        : []),
      ...(before.index && after.index
        ? [
            `ALTER INDEX "${MARKER}"."${dialect.indexName(names, before)}" RENAME TO "${dialect.indexName(names, after)}"`,
          ]
        : []),
    ];
  }

  private retyped(): string[] {
    const { dialect, before, after } = this;
    const type = dialect.type(after);
    const isRetyped = dialect.type(before) !== type;
    const value = dialect.default(after);
    const valueBefore = dialect.default(before);
    // A default is not converted with its column.
    const isReset = isRetyped || valueBefore !== value;
    return [
      ...(isReset && valueBefore !== undefined ? [this.alterColumn('DROP DEFAULT')] : []),
      ...(isRetyped ? [this.alterColumn(`TYPE ${type} USING ${this.converted(type)}`)] : []),
      ...(isReset && value !== undefined ? [this.alterColumn(`SET DEFAULT ${value}`)] : []),
    ];
  }

  /** By way of text, as which every type can be read and written. */
  private converted(type: string): string {
    const { before, after, column } = this;
    if (before.array === after.array) return `"${column}"::text::${type}`;
    const element = this.dialect.type({ ...after, array: false });
    return after.array
      ? `CASE WHEN "${column}" IS NULL THEN NULL ELSE ARRAY["${column}"::text::${element}] END`
      : `("${column}"[1])::text::${element}`;
  }

  private required(): string[] {
    const { before, after, column, names } = this;
    if (before.optional === after.optional) return [];
    if (after.optional) return [this.alterColumn('DROP NOT NULL')];
    const table = `"${MARKER}"."${names.plural.snake}"`;
    return [
      ...(after.default === undefined
        ? []
        : [`UPDATE ${table} SET "${column}" = DEFAULT WHERE "${column}" IS NULL`]),
      this.alterColumn('SET NOT NULL'),
    ];
  }

  private added(): string[] {
    const { dialect, names, before, after } = this;
    const [, check] = this.checks();
    return [
      ...(!before.unique && after.unique ? [addUnique(names, dialect, after)] : []),
      ...(check && !this.keepsCheck
        ? [this.alter(`ADD CONSTRAINT "${check.name}" CHECK (${check.condition})`)]
        : []),
      ...(this.keepsForeignKey ? [] : addForeignKey(names, dialect, after)),
      ...(!before.index && after.index ? [createIndex(names, dialect, after)] : []),
    ];
  }
}
