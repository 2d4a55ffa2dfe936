import type { EntityMetadata } from 'typeorm';
import type { TenantDataSourceOptions } from '../tenant-data-source.js';

/** The extensions that have the types of columns, by TypeORM's names of those. */
const OF_TYPES: Readonly<Record<string, string>> = {
  citext: 'citext',
  cube: 'cube',
  geography: 'postgis',
  geometry: 'postgis',
  halfvec: 'vector',
  hstore: 'hstore',
  ltree: 'ltree',
  vector: 'vector',
};

/** The extensions without which the tables of entities cannot be made, and those that are asked for. */
export function neededExtensions(
  entities: readonly EntityMetadata[],
  { extensions = [], uuidExtension }: TenantDataSourceOptions,
): string[] {
  const needed = new Set(extensions);
  for (const { columns, exclusions } of entities) {
    for (const { type, generationStrategy } of columns) {
      const extension = OF_TYPES[String(type)];
      if (extension !== undefined) needed.add(extension);
      if (generationStrategy === 'uuid' && uuidExtension === 'uuid-ossp') needed.add('uuid-ossp');
    }
    // Its operators are those that exclusion constraints compare plain values by.
    if (exclusions.length > 0) needed.add('btree_gist');
  }
  return [...needed];
}
