import type { Reference } from './reference';

/** A type that a field can have, as it is written: `string(32)`. */
export interface FieldType {
  /** With what may stand in brackets: `string(length)`. */
  readonly usage: string;
  /** One line for people. */
  readonly summary: string;
  /**
   * What the type means to each part of what is generated.
   *
   * @param args what stands in the brackets
   * @throws FieldTypeError for what cannot stand there
   */
  column(args: readonly string[], context: FieldContext): ColumnType;
  /** How the application keeps it by itself; left out for what clients send. */
  readonly kept?: Kept;
}

/** A field that no client sends. There is one of each at most, so it has one name. */
export interface Kept {
  readonly name: string;
  readonly optional: boolean;
  readonly default?: string;
  /** What tests find in it: anything of a class, or null. */
  readonly expected: 'Date' | 'Number' | 'null';
  /** Files of the project that it takes. */
  readonly files: readonly string[];
}

/** What else of a field decides what its column is. */
export interface FieldContext {
  /** `InvoiceStatus`: resource and field, for a type of its own */
  readonly typeName: string;
  /** `INVOICE_STATUSES`: the same, for what holds its values */
  readonly valuesName: string;
  /** The least and the greatest value, or length of text, as they were written. */
  readonly min?: string | undefined;
  readonly max?: string | undefined;
}

/** Everything about one value of a field. Literals are JavaScript's, as they stand in JSON. */
export interface ColumnType {
  /** The type of the property: `string`. */
  readonly property: string;
  /** The file of the project that exports it, where that is one for all. */
  readonly propertyFrom?: string;
  readonly drizzle: {
    /** The function that makes the column. */
    readonly builder: string;
    /** What it is imported from, where that is not `drizzle-orm/pg-core`: a file of the project. */
    readonly from?: string;
    /** What it is given behind the name of the column. */
    readonly args?: string;
    /** What says the type of its values, where the builder does not: `.$type<…>()`. */
    readonly typed?: string;
    /** The method that has it kept, where there is one, of a table that is called so. */
    readonly kept?: (table: string) => string;
    /** The type of the column as drizzle-kit writes it. */
    readonly sql: string;
  };
  readonly typeorm: {
    /** `type` of the column's options. */
    readonly type: string;
    /** The other members of its options. */
    readonly options?: readonly string[];
    /** What turns a value of the database into one of the property, and back. */
    readonly transformer?: ImportedName;
    /** Default `Column`. */
    readonly decorator?: string;
    /** The type of the column as TypeORM writes it. */
    readonly sql: string;
  };
  readonly validators: readonly Validator[];
  /** Two that differ, and another one where the type has so many. */
  readonly examples: readonly [first: string, second: string, changed: string];
  /** What a literal is in code, where that is not itself: `new Date('…')`. */
  readonly inCode?: (literal: string) => string;
  /** Literals that the validators refuse. */
  readonly refused: readonly string[];
  /** What its values are the ids of. */
  readonly reference?: Reference;
  /** What a list can do by it; nothing where this is left out. */
  readonly listed?: readonly Listed[];
  /** What limits the values of its column. */
  readonly values?: readonly string[];
  /** What `min` and `max` limit; neither can be given where this is left out. */
  readonly limits?: 'value' | 'length';
  /** Defaults that are computed by the database, by how they are written. */
  readonly expressions?: Readonly<Record<string, DefaultExpression>>;
  /**
   * A constant as a default; undefined where it is none of the type. Left out, the type has no constants.
   *
   * @param text as it was written
   */
  readonly constant?: (text: string) => Constant | undefined;
}

/** A list is filtered by values (`?status=sent`), by ranges of them (`?amount[gte]=10`), and sorted. */
export type Listed = 'filter' | 'range' | 'sort';

export const BY_VALUE = ['filter'] as const;
export const IN_ORDER = ['filter', 'range', 'sort'] as const;

/** Something that is imported from a file of the project. */
export interface ImportedName {
  readonly name: string;
  readonly from: string;
}

export interface DefaultExpression {
  /** Drizzle's method: `defaultNow()`. */
  readonly drizzle: string;
  readonly sql: string;
}

export interface Constant {
  /** In Drizzle's `default(…)`. */
  readonly drizzle: string;
  /** In TypeORM's options. */
  readonly typeorm: string | number | boolean;
  /** As drizzle-kit writes it. */
  readonly drizzleSql: string;
}

/** A decorator of a DTO. */
export interface Validator {
  readonly name: string;
  readonly args?: readonly string[];
  /** What its options stand behind, where `args` leaves out something. */
  readonly before?: readonly string[];
  /** The file of the project that it is imported from; class-validator's by default. */
  readonly from?: string;
}

/** What cannot stand in the brackets of a type, or is no limit of it. */
export class FieldTypeError extends Error {
  /** @param part which argument, from 0, or which limit; undefined where something is missing */
  constructor(
    message: string,
    readonly part?: number | 'min' | 'max',
  ) {
    super(message);
  }
}

/** A type that has nothing in brackets, and no limits. */
export function plainType(usage: string, summary: string, column: ColumnType): FieldType {
  return {
    usage,
    summary,
    column: (args) => {
      expectArgs(args, 0);
      return column;
    },
  };
}

/** A constant that is text in code, and a literal in SQL. */
export function textConstant(text: string): Constant {
  return {
    drizzle: JSON.stringify(text),
    typeorm: text,
    drizzleSql: `'${text.replaceAll("'", "''")}'`,
  };
}

/** @throws FieldTypeError where there are others than so many */
export function expectArgs(args: readonly string[], most: number, least = 0): void {
  if (args.length > most) {
    throw new FieldTypeError(
      most === 0 ? 'nothing stands in brackets behind it' : `${most} at most can stand in brackets`,
      most,
    );
  }
  if (args.length < least) throw new FieldTypeError('what stands in brackets is missing');
}

/**
 * The limits of a field as numbers.
 *
 * @param isValue what a limit has to look like
 * @throws FieldTypeError for what is no value, and where nothing is between the limits
 */
export function limitsOf(
  { min, max }: FieldContext,
  isValue: (text: string) => boolean,
): { readonly min?: number; readonly max?: number } {
  if (min !== undefined && !isValue(min)) {
    throw new FieldTypeError('it is no value of the type', 'min');
  }
  if (max !== undefined && !isValue(max)) {
    throw new FieldTypeError('it is no value of the type', 'max');
  }
  if (min !== undefined && max !== undefined && Number(min) > Number(max)) {
    throw new FieldTypeError('it is less than min', 'max');
  }
  return {
    ...(min === undefined ? {} : { min: Number(min) }),
    ...(max === undefined ? {} : { max: Number(max) }),
  };
}

/** Three numbers between two, from 1 on where that is possible; fewer different ones where no more are there. */
export function threeBetween(least: number, most: number): [number, number, number] {
  const first = Math.max(least, Math.min(1, most - 2));
  return [first, Math.min(first + 1, most), Math.min(first + 2, most)];
}

/** @throws FieldTypeError for another than a whole number in the bounds */
export function wholeArg(
  args: readonly string[],
  index: number,
  [least, most]: readonly [number, number],
): number {
  const text = args[index] ?? '';
  const value = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new FieldTypeError(`a whole number from ${least} to ${most} is expected`, index);
}
