import { Entity, type EntityOptions } from 'typeorm';
import { DEFAULT_SHARED_SCHEMA } from '../scope/shared-schemas.js';

/**
 * Marks a class as an entity whose table all tenants share: every tenant reads it, and code in
 * `withoutTenant(…)` writes it. Otherwise it is TypeORM's `@Entity()`.
 *
 * @param options `schema` is one of `sharedSchemas` of the connection manager. Default `shared`.
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
  options: Omit<EntityOptions, 'name' | 'database' | 'synchronize'> = {},
): ClassDecorator {
  return Entity({ schema: DEFAULT_SHARED_SCHEMA, ...options, name });
}
