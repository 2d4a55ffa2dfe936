import { InstanceChecker, type EntitySchema } from 'typeorm';

/**
 * What a module exports and TypeORM may take for entities: classes and EntitySchemas. Enums and
 * constants that stand beside them are left out; TypeORM would take a text for a path of files.
 *
 * @example
 * ```ts
 * import * as entities from './entities.js';
 *
 * const classes = entitiesOf(entities);
 * ```
 */
export function entitiesOf(module: object): (Function | EntitySchema)[] {
  return Object.values(module).filter(
    (value): value is Function | EntitySchema =>
      typeof value === 'function' || InstanceChecker.isEntitySchema(value),
  );
}
