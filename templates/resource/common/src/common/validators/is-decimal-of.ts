import {
  buildMessage,
  ValidateBy,
  type ValidationOptions,
} from 'class-validator';

interface Limits {
  min?: string;
  max?: string;
}

/** A number of so many digits, some of them behind the point, as text: a number of JavaScript would lose some. */
export const IsDecimalOf = (
  precision: number,
  scale: number,
  limits: Limits = {},
  options?: ValidationOptions,
): PropertyDecorator =>
  ValidateBy(
    {
      name: 'isDecimalOf',
      constraints: [precision, scale, limits],
      validator: {
        validate: (value: unknown) =>
          isDecimalOf(value, precision, scale, limits),
        defaultMessage: buildMessage(
          (each) =>
            `${each}$property must be ${describe(precision, scale, limits)}`,
          options,
        ),
      },
    },
    options,
  );

function isDecimalOf(
  value: unknown,
  precision: number,
  scale: number,
  { min, max }: Limits,
): boolean {
  if (typeof value !== 'string') return false;
  const [, whole = '', fraction = ''] =
    /^-?(\d+)(?:\.(\d+))?$/.exec(value) ?? [];
  if (whole === '' || fraction.length > scale) return false;
  // A zero in front of the point is no digit of the number.
  if (whole.replace(/^0+/, '').length > precision - scale) return false;
  const units = toUnits(value, scale);
  return (
    (min === undefined || units >= toUnits(min, scale)) &&
    (max === undefined || units <= toUnits(max, scale))
  );
}

/** `'12.5'` of scale 2 → `1250n` */
function toUnits(value: string, scale: number): bigint {
  const [whole = '', fraction = ''] = value.split('.');
  return BigInt(whole + fraction.padEnd(scale, '0'));
}

function describe(
  precision: number,
  scale: number,
  { min, max }: Limits,
): string {
  return [
    `a number of up to ${precision} digits, ${scale} of them behind the point, as text`,
    ...(min === undefined ? [] : [`not less than ${min}`]),
    ...(max === undefined ? [] : [`not greater than ${max}`]),
  ].join(', ');
}
