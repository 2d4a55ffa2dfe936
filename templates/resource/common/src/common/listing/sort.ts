import { buildMessage, ValidateBy } from 'class-validator';

/** What a list is sorted by, first of all. */
export interface SortKey {
  name: string;
  descending: boolean;
}

/** `-dueOn,number`, and behind them the id, so that no two rows are equal. */
export function sortKeys(sort = 'id'): SortKey[] {
  const keys = sort.split(',').map((key) => ({
    name: key.replace(/^-/, ''),
    descending: key.startsWith('-'),
  }));
  return keys.some(({ name }) => name === 'id')
    ? keys
    : [...keys, { name: 'id', descending: false }];
}

/** Some of these names, each of them once, and with a `-` for the other way round. */
export const IsSortOf = (names: readonly string[]): PropertyDecorator =>
  ValidateBy({
    name: 'isSortOf',
    validator: {
      validate: (value: unknown) => {
        if (typeof value !== 'string') return false;
        const wanted = value.split(',').map((key) => key.replace(/^-/, ''));
        return (
          wanted.every((name) => names.includes(name)) &&
          new Set(wanted).size === wanted.length
        );
      },
      defaultMessage: buildMessage(
        () =>
          `$property must be some of ${names.join(', ')}, with a - for descending`,
      ),
    },
  });
