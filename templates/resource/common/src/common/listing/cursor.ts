import { BadRequestException } from '@nestjs/common';
import type { SortKey } from './sort.js';

type CursorValue = string | number | boolean | null;

/** Names a row by what it is sorted by. Clients are to pass it on as it is. */
export function encodeCursor(row: object, keys: readonly SortKey[]): string {
  const values = keys.map(({ name }) => Reflect.get(row, name) as unknown);
  return Buffer.from(JSON.stringify([orderOf(keys), ...values])).toString(
    'base64url',
  );
}

/** The values that the rows of the next page come behind, one for each key. */
export function decodeCursor(
  cursor: string,
  keys: readonly SortKey[],
): CursorValue[] {
  const [order, ...values] = parse(cursor);
  if (
    order !== orderOf(keys) ||
    values.length !== keys.length ||
    !values.every(isValue)
  ) {
    throw new BadRequestException(
      'The cursor belongs to another list: begin without it',
    );
  }
  return values;
}

/** A cursor is of no use to a list in another order. */
function orderOf(keys: readonly SortKey[]): string {
  return keys
    .map(({ name, descending }) => (descending ? `-${name}` : name))
    .join();
}

function parse(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(
      Buffer.from(cursor, 'base64url').toString(),
    );
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}

function isValue(value: unknown): value is CursorValue {
  return (
    value === null || ['string', 'number', 'boolean'].includes(typeof value)
  );
}
