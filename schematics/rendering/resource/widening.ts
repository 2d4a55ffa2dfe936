import type { ResourceField } from './field';

/** Whether every value of a field is one of the other as well, as it is. */
export function isWidened(before: ResourceField, after: ResourceField): boolean {
  if (before.array !== after.array) return false;
  if (before.type === after.type) return isAsWide(before, after);
  if (after.type === 'string') return lengthOf(before) <= lengthOf(after);
  return WIDER[before.type]?.includes(after.type) ?? false;
}

/** What the values of a type can become without loss, whatever its arguments. */
const WIDER: Partial<Record<ResourceField['type'], readonly ResourceField['type'][]>> = {
  smallint: ['int', 'bigint', 'float', 'text'],
  int: ['bigint', 'float', 'text', 'ref'],
  ref: ['int', 'bigint', 'text'],
  bigint: ['text'],
  string: ['text'],
  email: ['text'],
  url: ['text'],
  uuid: ['text'],
  enum: ['text'],
  created: ['timestamptz'],
  updated: ['timestamptz'],
  deleted: ['timestamptz'],
  version: ['int', 'bigint', 'float', 'text'],
};

/** The most characters of a value; without bounds where the type has none, or is no text. */
function lengthOf({ type, args }: ResourceField): number {
  switch (type) {
    case 'string':
      return Number(args[0] ?? 255);
    case 'email':
      return 255;
    case 'enum':
      return Math.max(...args.map((value) => value.length));
    case 'uuid':
      return 36;
    case 'url':
      return 2048;
    default:
      return Infinity;
  }
}

function isAsWide({ type, args }: ResourceField, after: ResourceField): boolean {
  const before = args.map(Number);
  const now = after.args.map(Number);
  switch (type) {
    case 'string':
      return lengthOf(after) >= lengthOf({ ...after, args });
    case 'decimal': {
      const [precision = 0, scale = 0] = before;
      const [precisionNow = 0, scaleNow = 0] = now;
      return scaleNow >= scale && precisionNow - scaleNow >= precision - scale;
    }
    default:
      return true;
  }
}
