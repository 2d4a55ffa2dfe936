import type { Tree } from '@angular-devkit/schematics';
import { type FormatConfig, formatFiles } from '../rendering/format';
import { type MigrationPlace, renderResource } from '../rendering/resource';
import type { TenantApp } from '../utility/project';
import { readMigrations } from './read-migrations';
import type { RecordedResource } from './recorded';
import { recordedTargets } from './references';
import { relocate } from './relocate';
import { type ResourceFiles, resourceFiles } from './resource-files';

/** The files of a resource, as this version generates them. */
export async function generateResource(
  tree: Tree,
  { orm }: TenantApp,
  { names, fields, choices }: RecordedResource,
  place: MigrationPlace,
  format: FormatConfig,
): Promise<ResourceFiles> {
  const standard = renderResource({
    names,
    fields,
    orm,
    targets: recordedTargets(tree),
    migrations: { files: readMigrations(tree, orm, place.directory), place, now: Date.now() },
  });
  const rendered = relocate(standard, names.plural.kebab, choices);
  return resourceFiles(tree, rendered, await formatFiles(rendered.code, format));
}
