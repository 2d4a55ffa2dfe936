import { Entity, type EntityOptions } from 'typeorm';
import { TENANT_MARKER } from '../sql/lexer.js';

/**
 * Marks a class as an entity whose table every tenant has in a schema of its own. Otherwise it is
 * TypeORM's `@Entity()`.
 *
 * @example
 * ```ts
 * @TenantEntity('invoices')
 * export class Invoice {
 *   @PrimaryGeneratedColumn('identity', { generatedIdentity: 'ALWAYS' })
 *   id: number;
 * }
 * ```
 */
export function TenantEntity(
  name: string,
  options: Omit<EntityOptions, 'name' | 'schema' | 'database' | 'synchronize'> = {},
): ClassDecorator {
  return Entity({ ...options, name, schema: TENANT_MARKER });
}
