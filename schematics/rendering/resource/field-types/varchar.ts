import type { FieldBase, FieldType } from './field-type';

export interface VarcharField extends FieldBase {
  readonly type: 'varchar';
  readonly length: number;
  /** What a value must look like beyond being a string. */
  readonly format?: 'email';
}

export const varchar: FieldType<VarcharField> = {
  property: 'string',
  drizzle: {
    builder: 'varchar',
    args: ({ length }) => [`{ length: ${length} }`],
    sql: ({ length }) => `varchar(${length})`,
  },
  typeorm: {
    options: ({ length }) => [`length: ${length}`],
    sql: ({ length }) => `character varying(${length})`,
  },
  validators: ({ length, format }) => [
    ...(format === 'email' ? ['IsEmail()'] : ['IsString()', 'IsNotEmpty()']),
    `MaxLength(${length})`,
  ],
  example: ({ format }, word) =>
    format === 'email' ? `'${word.toLowerCase()}@example.com'` : `'${word}'`,
  refused: ({ length }) => ["''", `'x'.repeat(${length + 1})`, '1'],
};
