import {
  BY_VALUE,
  type ColumnType,
  type FieldContext,
  type FieldType,
  type Validator,
  expectArgs,
  FieldTypeError,
  limitsOf,
  plainType,
  textConstant,
  wholeArg,
} from './field-type';

const DEFAULT_LENGTH = 255;
/** The longest that varchar can be. */
const MAX_LENGTH = 10_485_760;
/** The cursor of a page holds it, and is part of an address. */
const MAX_SORTED = 1000;
/** What browsers and servers take for sure. */
const MAX_URL = 2048;

export const string: FieldType = {
  usage: 'string(length)',
  summary: `text of so many characters at most (${DEFAULT_LENGTH} where no length is given)`,
  column: (args, context) => {
    expectArgs(args, 1);
    const length = args.length > 0 ? wholeArg(args, 0, [1, MAX_LENGTH]) : DEFAULT_LENGTH;
    const { min = 1 } = lengthsOf(context, length);
    if (context.max !== undefined) {
      throw new FieldTypeError('the length stands in brackets: string(32)', 'max');
    }
    return {
      property: 'string',
      ...varchar(length),
      validators: [...atLeast(min), { name: 'MaxLength', args: [String(length)] }],
      examples: examplesOf(min, length),
      refused: ["''", `'x'.repeat(${length + 1})`, '1'],
      listed: length <= MAX_SORTED ? ['filter', 'sort'] : BY_VALUE,
      limits: 'length',
      constant: (value) =>
        value.length < min || value.length > length ? undefined : textConstant(value),
    };
  },
};

/** The column of both ORMs. */
function varchar(length: number): Pick<ColumnType, 'drizzle' | 'typeorm'> {
  return {
    drizzle: { builder: 'varchar', args: `{ length: ${length} }`, sql: `varchar(${length})` },
    typeorm: {
      type: 'varchar',
      options: [`length: ${length}`],
      sql: `character varying(${length})`,
    },
  };
}

function lengthsOf(context: FieldContext, most: number): ReturnType<typeof limitsOf> {
  return limitsOf(
    context,
    (length) => /^\d{1,9}$/.test(length) && Number(length) > 0 && Number(length) <= most,
  );
}

function atLeast(min: number): Validator[] {
  return min > 1
    ? [{ name: 'IsString' }, { name: 'MinLength', args: [String(min)] }]
    : [{ name: 'IsString' }, { name: 'IsNotEmpty' }];
}

/** Words, as far as they fit. */
function examplesOf(least: number, most: number): [string, string, string] {
  const fit = (word: string): string => JSON.stringify(word.padEnd(least, '.').slice(0, most));
  return [fit('First'), fit('Second'), fit('Changed')];
}

export const text: FieldType = {
  usage: 'text',
  summary: 'text of any length',
  column: (args, context) => {
    expectArgs(args, 0);
    const { min = 1, max } = lengthsOf(context, MAX_LENGTH);
    return {
      property: 'string',
      drizzle: { builder: 'text', sql: 'text' },
      typeorm: { type: 'text', sql: 'text' },
      validators: [
        ...atLeast(min),
        ...(max === undefined ? [] : [{ name: 'MaxLength', args: [String(max)] }]),
      ],
      examples: examplesOf(min, max ?? MAX_LENGTH),
      refused: ["''", ...(max === undefined ? [] : [`'x'.repeat(${max + 1})`]), '1'],
      limits: 'length',
      constant: (value) =>
        value.length < min || value.length > (max ?? MAX_LENGTH) ? undefined : textConstant(value),
    };
  },
};

export const email = plainType('email', 'an e-mail address', {
  property: 'string',
  ...varchar(DEFAULT_LENGTH),
  validators: [
    { name: 'IsEmail', before: ['{}'] },
    { name: 'MaxLength', args: [String(DEFAULT_LENGTH)] },
  ],
  examples: ['"first@example.com"', '"second@example.com"', '"changed@example.com"'],
  refused: ["''", '"first"', '1'],
  listed: ['filter', 'sort'],
  constant: (value) => (/^[^\s@]+@[^\s@]+$/.test(value) ? textConstant(value) : undefined),
});

export const url = plainType('url', `the address of a page, of up to ${MAX_URL} characters`, {
  property: 'string',
  ...varchar(MAX_URL),
  validators: [
    { name: 'IsUrl', args: ["{ protocols: ['http', 'https'], require_protocol: true }"] },
    { name: 'MaxLength', args: [String(MAX_URL)] },
  ],
  examples: [
    '"https://example.com/first"',
    '"https://example.com/second"',
    '"https://example.com/changed"',
  ],
  refused: ["''", '"example.com"', '"javascript:alert(1)"', '1'],
  listed: BY_VALUE,
  constant: (value) => (/^https?:\/\/\S+$/.test(value) ? textConstant(value) : undefined),
});

export const uuid = plainType('uuid', 'a UUID', {
  property: 'string',
  drizzle: { builder: 'uuid', sql: 'uuid' },
  typeorm: { type: 'uuid', sql: 'uuid' },
  validators: [{ name: 'IsUUID', before: ["'all'"] }],
  examples: [
    '"018f2f6e-7c6b-7000-8000-000000000001"',
    '"018f2f6e-7c6b-7000-8000-000000000002"',
    '"018f2f6e-7c6b-7000-8000-000000000003"',
  ],
  refused: ["''", '"first"', '1'],
  listed: BY_VALUE,
  expressions: {
    uuid: { drizzle: 'defaultRandom()', sql: 'gen_random_uuid()' },
  },
  constant: (value) =>
    /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/.test(value) ? textConstant(value) : undefined,
});
