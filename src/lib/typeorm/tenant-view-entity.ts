import { ViewEntity } from 'typeorm';
import type { ViewEntityOptions } from 'typeorm/decorator/options/ViewEntityOptions.js';
import { TENANT_MARKER } from '../sql/lexer.js';

/**
 * Marks a class as a view that every tenant has in a schema of its own. Otherwise it is TypeORM's
 * `@ViewEntity()`. Its expression names tenants' tables as any statement does.
 *
 * @example
 * ```ts
 * @TenantViewEntity('open_invoices', {
 *   expression: `select id, name from "$tenant"."invoices" where not paid`,
 * })
 * export class OpenInvoice {
 *   @ViewColumn()
 *   id: number;
 * }
 * ```
 */
export function TenantViewEntity(
  name: string,
  options: Omit<ViewEntityOptions, 'name' | 'schema' | 'database'>,
): ClassDecorator {
  return ViewEntity({ ...options, name, schema: TENANT_MARKER });
}
