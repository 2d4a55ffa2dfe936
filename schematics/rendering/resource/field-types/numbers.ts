import {
  BY_VALUE,
  type Constant,
  type FieldType,
  expectArgs,
  IN_ORDER,
  limitsOf,
  plainType,
  threeBetween,
  wholeArg,
} from './field-type';

export const int = whole('integer', -2_147_483_648, 2_147_483_647);
export const smallint = whole('smallint', -32_768, 32_767);

/** Whole numbers that are JavaScript's, too. */
function whole(type: string, smallest: number, largest: number): FieldType {
  const isValue = (text: string): boolean =>
    /^-?\d{1,10}$/.test(text) && Number(text) >= smallest && Number(text) <= largest;
  return {
    usage: type === 'integer' ? 'int' : type,
    summary: `a whole number from ${smallest.toLocaleString('en')} to ${largest.toLocaleString('en')}`,
    column: (args, context) => {
      expectArgs(args, 0);
      const { min: least = smallest, max: most = largest } = limitsOf(context, isValue);
      const [first, second, changed] = threeBetween(least, most);
      return {
        property: 'number',
        drizzle: { builder: type, sql: type },
        typeorm: { type, sql: type },
        validators: [
          { name: 'IsInt' },
          { name: 'Min', args: [withUnderscores(least)] },
          { name: 'Max', args: [withUnderscores(most)] },
        ],
        examples: [String(first), String(second), String(changed)],
        listed: IN_ORDER,
        refused: ['1.5', withUnderscores(least - 1), withUnderscores(most + 1), '"1"'],
        limits: 'value',
        constant: (text) =>
          isValue(text) && Number(text) >= least && Number(text) <= most
            ? numberConstant(Number(text))
            : undefined,
      };
    },
  };
}

const MOST = 2n ** 63n;

export const bigint = plainType(
  'bigint',
  'a whole number of 64 bits; text in code and in JSON, where numbers have 53',
  {
    property: 'string',
    drizzle: { builder: 'int64', from: 'src/common/columns/int64.ts', sql: 'bigint' },
    typeorm: { type: 'bigint', sql: 'bigint' },
    validators: [{ name: 'IsInt64', from: 'src/common/validators/is-int64.ts' }],
    examples: ['"9007199254740993"', '"9007199254740994"', '"-9007199254740995"'],
    refused: ['1', '"1.5"', '"9223372036854775808"'],
    listed: IN_ORDER,
    constant: (text) =>
      /^-?\d{1,19}$/.test(text) && BigInt(text) < MOST && BigInt(text) >= -MOST
        ? exactConstant(BigInt(text).toString())
        : undefined,
  },
);

/** As many as PostgreSQL declares. */
const MAX_PRECISION = 1000;
/** As many digits behind the point as JavaScript writes. */
const MAX_SCALE = 100;

export const decimal: FieldType = {
  usage: 'decimal(precision,scale)',
  summary:
    'a number of so many digits, some of them behind the point, without loss; text in code and in JSON',
  column: (args, context) => {
    expectArgs(args, 2, 1);
    const precision = wholeArg(args, 0, [1, MAX_PRECISION]);
    const scale = args.length > 1 ? wholeArg(args, 1, [0, Math.min(precision, MAX_SCALE)]) : 0;
    const sql = `numeric(${precision},${scale})`;
    const pattern = patternOf(precision, scale);
    const isValue = (text: string): boolean => pattern.test(text);
    const range = limitsOf(context, isValue);
    const { min, max } = range;
    const limits = [
      ...(context.min === undefined ? [] : [`min: '${context.min}'`]),
      ...(context.max === undefined ? [] : [`max: '${context.max}'`]),
    ];
    return {
      property: 'string',
      drizzle: {
        builder: 'numeric',
        args: `{ precision: ${precision}, scale: ${scale} }`,
        sql: scale === 0 ? `numeric(${precision}, 0)` : `numeric(${precision}, ${scale})`,
      },
      typeorm: {
        type: 'numeric',
        options: [`precision: ${precision}`, `scale: ${scale}`],
        sql,
      },
      validators: [
        {
          name: 'IsDecimalOf',
          args: [
            String(precision),
            String(scale),
            ...(limits.length > 0 ? [`{ ${limits.join(', ')} }`] : []),
          ],
          before: ['{}'],
          from: 'src/common/validators/is-decimal-of.ts',
        },
      ],
      examples: examplesBetween(range, precision, scale),
      refused: ['1', '"1e3"', `'1'.repeat(${precision + 1})`],
      listed: IN_ORDER,
      limits: 'value',
      constant: (text) =>
        isValue(text) && !(Number(text) < (min ?? -Infinity) || Number(text) > (max ?? Infinity))
          ? exactConstant(text)
          : undefined,
    };
  },
};

/** Whole numbers, where there are enough of them, and units of the last digit otherwise. */
function examplesBetween(
  { min, max }: ReturnType<typeof limitsOf>,
  precision: number,
  scale: number,
): [string, string, string] {
  const last = 10 ** -scale;
  const most = max ?? 10 ** (precision - scale) - last;
  const isFilled = min === undefined || Math.floor(most) - Math.ceil(min) >= 2;
  const unit = precision > scale && isFilled ? 1 : last;
  const least = min ?? Math.min(0, most - 2 * unit);
  // Without what a division leaves behind: 0.07 / 0.01 is more than 7.
  const [low = 0, high = 0] = [least, most].map((limit) => Number((limit / unit).toFixed(6)));
  const units = threeBetween(Math.ceil(low), Math.floor(high));
  const example = (count: number): string => JSON.stringify((count * unit).toFixed(scale));
  return [example(units[0]), example(units[1]), example(units[2])];
}

function patternOf(precision: number, scale: number): RegExp {
  const before = precision - scale;
  const digits = before === 0 ? '0' : `\\d{1,${before}}`;
  return new RegExp(scale === 0 ? `^-?${digits}$` : `^-?${digits}(?:\\.\\d{1,${scale}})?$`);
}

export const float: FieldType = {
  usage: 'float',
  summary: 'a number as JavaScript has it, for measurements and not for money',
  column: (args, context) => {
    expectArgs(args, 0);
    const { min, max } = limitsOf(context, isFloat);
    const [first, second, changed] = threeBetween(min ?? 1.5, max ?? 9);
    return {
      property: 'number',
      drizzle: { builder: 'doublePrecision', sql: 'double precision' },
      typeorm: { type: 'double precision', sql: 'double precision' },
      validators: [
        { name: 'IsNumber', before: ['{}'] },
        ...(min === undefined ? [] : [{ name: 'Min', args: [String(min)] }]),
        ...(max === undefined ? [] : [{ name: 'Max', args: [String(max)] }]),
      ],
      examples: [String(first), String(second), String(changed)],
      refused: ['"1.5"', 'true'],
      listed: IN_ORDER,
      limits: 'value',
      constant: (text) =>
        isFloat(text) && !(Number(text) < (min ?? -Infinity) || Number(text) > (max ?? Infinity))
          ? numberConstant(Number(text))
          : undefined,
    };
  },
};

function isFloat(text: string): boolean {
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text);
}

export const boolean = plainType('boolean', 'true or false', {
  property: 'boolean',
  drizzle: { builder: 'boolean', sql: 'boolean' },
  typeorm: { type: 'boolean', sql: 'boolean' },
  validators: [{ name: 'IsBoolean' }],
  examples: ['true', 'false', 'false'],
  refused: ['"true"', '1'],
  listed: BY_VALUE,
  constant: (text) =>
    text === 'true' || text === 'false'
      ? { drizzle: text, typeorm: text === 'true', drizzleSql: text }
      : undefined,
});

function numberConstant(value: number): Constant {
  return { drizzle: String(value), typeorm: value, drizzleSql: String(value) };
}

/** A number that is text in code. */
function exactConstant(text: string): Constant {
  return { drizzle: `'${text}'`, typeorm: text, drizzleSql: `'${text}'` };
}

/** `2147483647` → `2_147_483_647` */
function withUnderscores(value: number): string {
  return value.toLocaleString('en').replaceAll(',', '_');
}
