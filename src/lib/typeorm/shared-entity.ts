import { Entity, type DataSourceOptions, type EntityMetadata, type EntityOptions } from 'typeorm';
import { DEFAULT_SHARED_SCHEMA } from '../scope/shared-schemas.js';

/**
 * Marks a class as an entity whose table all tenants share: every tenant reads it, and code in
 * `withoutTenant(…)` writes it. Otherwise it is TypeORM's `@Entity()`. Its table is made by shared
 * migrations, which the generator writes apart from those of the tenants.
 *
 * @param options `schema` is one of `sharedSchemas` of the connection manager, by default `shared`;
 *   `synchronize: false` for a table that something else makes
 * @example
 * ```ts
 * @SharedEntity('countries')
 * export class Country {
 *   @PrimaryColumn({ type: 'char', length: 2 })
 *   code: string;
 * }
 * ```
 */
export function SharedEntity(
  name: string,
  options: Omit<EntityOptions, 'name' | 'database'> = {},
): ClassDecorator {
  const { schema = DEFAULT_SHARED_SCHEMA } = options;
  const decorate = Entity({ ...options, schema, name });
  return (target) => {
    Object.defineProperty(target, SHARED, { value: schema });
    decorate(target);
  };
}

/** On each such class: its schema. The same in all copies of this package. */
const SHARED = Symbol.for('@mt/runtime/shared-entity@1');

/** The schemas of shared entities, of which a DataSource is not made yet. */
export function sharedSchemasIn(entities: DataSourceOptions['entities']): string[] {
  const found: unknown[] = Object.values(entities ?? []);
  return found.filter(isSharedEntity).map((entity) => entity[SHARED]);
}

/** The schemas whose tables are made by shared migrations. */
export function sharedSchemasOf(entities: readonly EntityMetadata[]): ReadonlySet<string> {
  const shared = entities.filter(({ target }) => isSharedEntity(target));
  return new Set(shared.flatMap(({ schema }) => schema ?? []));
}

/** Whether shared migrations make its table: that of an entity, or one between two of them. */
export function isMadeForAll(
  { target, schema, isJunction, parentClosureEntityMetadata: closed }: EntityMetadata,
  schemas: ReadonlySet<string>,
): boolean {
  if (isJunction || closed !== undefined) return schemas.has(schema ?? '');
  return isSharedEntity(target);
}

function isSharedEntity(target: unknown): target is { readonly [SHARED]: string } {
  return typeof target === 'function' && Object.hasOwn(target, SHARED);
}
