import { createHash } from 'node:crypto';

/** As many bytes of a name as PostgreSQL keeps. */
const MAX_BYTES = 63;

/** The parts of a name, one after the other; where that is too long, cut, and told apart from others that are cut. */
export function boundedName(...parts: readonly string[]): string {
  const name = parts.join('_');
  if (name.length <= MAX_BYTES) return name;
  const digits = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_BYTES - digits.length - 1)}_${digits}`;
}
