import type { ResourceField } from './field';

/** Whether every value of a field is one of the other as well, as it is. */
export function isWidened(before: ResourceField, after: ResourceField): boolean {
  if (before.array !== after.array) return false;
  if (before.type === after.type) return isAsWide(before, after);
  return WIDER[before.type]?.includes(after.type) ?? false;
}

/** What the values of a type can become without loss, whatever its arguments. */
const WIDER: Partial<Record<ResourceField['type'], readonly ResourceField['type'][]>> = {
  smallint: ['int', 'bigint', 'float', 'text'],
  int: ['bigint', 'float', 'text', 'ref'],
  ref: ['int', 'bigint', 'text'],
  bigint: ['text'],
  string: ['text'],
  email: ['string', 'text'],
  url: ['text'],
  uuid: ['text'],
  enum: ['text', 'string'],
};

function isAsWide({ type, args }: ResourceField, after: ResourceField): boolean {
  const before = args.map(Number);
  const now = after.args.map(Number);
  switch (type) {
    case 'string':
      return (now[0] ?? 255) >= (before[0] ?? 255);
    case 'decimal': {
      const [precision = 0, scale = 0] = before;
      const [precisionNow = 0, scaleNow = 0] = now;
      return scaleNow >= scale && precisionNow - scaleNow >= precision - scale;
    }
    default:
      return true;
  }
}
