import type { ResourceNames } from '../names';
import { columnTypeOf } from './column-type';
import type { ResourceField } from './field';
import type { Listed } from './field-types';
import { referenceOf } from './targets';

/** What the query of a list may say of a resource, and what its test tries of that. */
export type ListView = {
  readonly filters: readonly { readonly name: string; readonly reader: string }[];
  /** Of the filters. */
  readonly ranges: readonly string[];
  readonly sorts: readonly string[];
  /** Queries that find the first row of the tests and not the second: object literals. */
  readonly filterSamples: readonly string[];
};

/** What the query of every list says by these words. */
const PAGE_WORDS = ['limit', 'offset', 'cursor', 'sort', 'withTotal'];

export function listView(names: ResourceNames, fields: readonly ResourceField[]): ListView {
  const named = (listed: Listed): readonly ResourceField[] =>
    fields.filter(
      (field) =>
        !field.array &&
        !PAGE_WORDS.includes(field.name) &&
        columnTypeOf(field, names).listed?.includes(listed),
    );
  const ranges = named('range');
  return {
    filters: named('filter').map((field) => ({
      name: field.name,
      reader: readerOf(columnTypeOf(field, names).property),
    })),
    ranges: ranges.map(({ name }) => name),
    sorts: named('sort').map(({ name }) => name),
    filterSamples: [
      ...named('filter').flatMap((field) =>
        sampleOf(names, field, ([first]) => `{ ${field.name}: ${first} }`),
      ),
      ...ranges.flatMap((field) =>
        sampleOf(names, field, ([, second]) => `{ '${field.name}[lt]': ${second} }`),
      ),
    ],
  };
}

/** What reads a value of the type from text. */
function readerOf(property: string): string {
  if (property === 'number') return 'Number';
  if (property === 'boolean') return 'Boolean';
  return property === 'Date' ? 'Date' : 'String';
}

/** Where the rows of the tests differ by the field. */
function sampleOf(
  names: ResourceNames,
  field: ResourceField,
  query: (examples: readonly [string, string, string]) => string,
): string[] {
  const { examples } = columnTypeOf(field, names);
  const isOwn = referenceOf(field)?.target === names.plural.kebab;
  return isOwn || examples[0] === examples[1] ? [] : [query(examples)];
}
