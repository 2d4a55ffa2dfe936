/** What every field has, whatever its type. */
export interface FieldBase {
  /** camelCase, e.g. `firstName`; the column is `first_name`. */
  readonly name: string;
  readonly unique: boolean;
}

/** What a type of field means to each part of what is generated. */
export interface FieldType<Field extends FieldBase> {
  /** The type of the property, e.g. `string`. */
  readonly property: string;
  readonly drizzle: {
    /** The function of `drizzle-orm/pg-core` that makes the column. */
    readonly builder: string;
    /** What it is given behind the name of the column. */
    args(field: Field): string[];
    /** The type of the column as drizzle-kit writes it. */
    sql(field: Field): string;
  };
  readonly typeorm: {
    /** Members of what `@Column` is given. */
    options(field: Field): string[];
    /** The type of the column as TypeORM writes it. */
    sql(field: Field): string;
  };
  /** Decorators of class-validator, without `@`, e.g. `MaxLength(255)`. */
  validators(field: Field): string[];
  /** A literal for tests, made of a word: another one gives another value, where the type has enough of them. */
  example(field: Field, word: string): string;
  /** Literals that the validators refuse. */
  refused(field: Field): string[];
}
