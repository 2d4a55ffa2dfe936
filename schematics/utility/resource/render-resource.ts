import type { RenderedResource, ResourceInput } from './types';

/**
 * Renders a resource: a pure function from names, fields and the migrations there are to files. The `resource`
 * schematic calls it for the user's resources, the `app` schematic for the first one.
 *
 * @example
 * const users = renderResource({
 *   names: resourceNames('users'),
 *   fields: [
 *     { name: 'name', type: 'varchar', length: 255, unique: false },
 *     { name: 'email', type: 'varchar', length: 255, unique: true, format: 'email' },
 *   ],
 *   orm: 'drizzle',
 *   migrations: { files: new Map(), now: Date.UTC(2026, 0, 1) },
 * });
 * const files = mergeFiles(await formatFiles(users.code, format), users.migration, users.journal);
 */
export function renderResource(input: ResourceInput): RenderedResource {
  throw new Error(`Not rendered yet: ${input.names.plural.kebab}`);
}
