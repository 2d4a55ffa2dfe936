import { type FieldType, FieldTypeError, plainType, textConstant } from './field-type';

export const enumeration: FieldType = {
  usage: 'enum(a|b|c)',
  summary: 'one of these words',
  column: (args, { typeName, valuesName }) => {
    const values = valuesOf(args);
    const literals = values.map((value) => JSON.stringify(value));
    const example = (index: number): string => literals[index % literals.length] ?? '';
    return {
      property: typeName,
      drizzle: { builder: 'text', args: `{ enum: ${valuesName} }`, sql: 'text' },
      typeorm: { type: 'text', sql: 'text' },
      validators: [{ name: 'IsIn', args: [valuesName] }],
      examples: [example(0), example(1), example(2)],
      refused: ["''", '1'],
      listed: ['filter', 'sort'],
      values,
      constant: (text) => (values.includes(text) ? textConstant(text) : undefined),
    };
  },
};

/** Short enough to read, and without what would have to be quoted. */
const VALUE = /^[A-Za-z0-9][\w .-]{0,62}$/;

function valuesOf(args: readonly string[]): readonly string[] {
  if (args.length === 0) {
    throw new FieldTypeError('the values are missing');
  }
  args.forEach((value, index) => {
    if (!VALUE.test(value)) {
      throw new FieldTypeError('a value has letters, digits, "_", "-", "." and spaces', index);
    }
    if (args.indexOf(value) < index) throw new FieldTypeError('it is there twice', index);
  });
  return args;
}

export const json = plainType('json', 'an object of any kind', {
  property: 'JsonObject',
  propertyFrom: 'src/common/json-object.ts',
  drizzle: { builder: 'jsonb', typed: '.$type<JsonObject>()', sql: 'jsonb' },
  typeorm: { type: 'jsonb', sql: 'jsonb' },
  validators: [{ name: 'IsObject' }],
  examples: ['{ "word": "first" }', '{ "word": "second" }', '{ "word": "changed" }'],
  refused: ['"first"', '[]', '1'],
});

export const bytes = plainType('bytes', 'bytes; base64 in code and in JSON', {
  property: 'string',
  drizzle: { builder: 'bytes', from: 'src/common/columns/bytes.ts', sql: 'bytea' },
  typeorm: {
    type: 'bytea',
    transformer: { name: 'bytes', from: 'src/common/columns/bytes.ts' },
    sql: 'bytea',
  },
  validators: [{ name: 'IsBase64', before: ['{}'] }],
  examples: ['"Zmlyc3Q="', '"c2Vjb25k"', '"Y2hhbmdlZA=="'],
  refused: ['"first!"', '1'],
});
