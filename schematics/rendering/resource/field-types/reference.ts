import {
  BY_VALUE,
  type ColumnType,
  type FieldType,
  expectArgs,
  FieldTypeError,
} from './field-type';

/** What becomes of a row when the one that it refers to is deleted. */
const ON_DELETE = ['restrict', 'cascade', 'set null'] as const;
export type OnDelete = (typeof ON_DELETE)[number];

/** The row of another resource that a row belongs to. */
export interface Reference {
  /** The resource, as its folder is called: `purchase-orders`. */
  readonly target: string;
  readonly onDelete: OnDelete;
}

export const ref: FieldType = {
  usage: 'ref(resource,onDelete)',
  summary:
    'the id of a row of another resource, or of the same; restrict (the default), cascade or set null says what becomes of it when that is deleted',
  column: (args): ColumnType => {
    expectArgs(args, 2, 1);
    const [target = '', given = 'restrict'] = args;
    if (!/^[a-z][a-z\d-]*$/.test(target)) {
      throw new FieldTypeError('a resource is expected, such as customers', 0);
    }
    const onDelete = ON_DELETE.find((value) => value === given);
    if (!onDelete) throw new FieldTypeError(`one of ${ON_DELETE.join(', ')} is expected`, 1);
    return {
      property: 'number',
      drizzle: { builder: 'integer', sql: 'integer' },
      typeorm: { type: 'integer', sql: 'integer' },
      validators: [
        { name: 'IsInt' },
        { name: 'Min', args: ['1'] },
        { name: 'Max', args: ['2_147_483_647'] },
      ],
      examples: ['1', '2', '2'],
      refused: ['0', '1.5', '"1"'],
      listed: BY_VALUE,
      reference: { target, onDelete },
    };
  },
};
