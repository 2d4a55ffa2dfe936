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

/** Its operators are those that an exclusion compares numbers and texts by; ranges need none. */
const OF_EXCLUSIONS = 'btree_gist';

export interface NeededExtensions {
  /** Those without which the tables of the entities cannot be made. */
  readonly required: readonly string[];
  /** Those that the options name, or that constraints may use. */
  readonly useful: readonly string[];
}

export function neededExtensions(
  entities: readonly EntityMetadata[],
  { extensions = [], uuidExtension }: TenantDataSourceOptions,
): NeededExtensions {
  const columns = entities.flatMap((entity) => entity.columns);
  const required = columns
    .map(({ type, generationStrategy }) =>
      generationStrategy === 'uuid' && uuidExtension === 'uuid-ossp'
        ? uuidExtension
        : OF_TYPES[String(type)],
    )
    .filter((extension) => extension !== undefined);
  const excludes = entities.some(({ exclusions }) => exclusions.length > 0);
  return {
    required: [...new Set(required)],
    useful: excludes ? [...extensions, OF_EXCLUSIONS] : extensions,
  };
}
