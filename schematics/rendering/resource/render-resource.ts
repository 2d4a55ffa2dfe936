import { mergeFiles, type RenderedFiles, renderFolder } from '../render';
import { columnTypeOf, keptOf } from './column-type';
import { renderCreation } from './migrations/render-migration';
import type { RenderedResource, ResourceInput } from './types';
import { resourceView, type ResourceView } from './view';

/**
 * Renders a resource: a pure function from names, fields and the migrations there are to files. The `resource`
 * schematic calls it for the user's resources, the `app` schematic for the first one.
 *
 * @example
 * const users = renderResource({
 *   names: resourceNames('users'),
 *   fields: DEFAULT_FIELDS,
 *   orm: 'drizzle',
 *   migrations: { files: new Map(), now: Date.UTC(2026, 0, 1) },
 * });
 * const files = mergeFiles(await formatFiles(users.code, format), users.migration, users.journal);
 */
export function renderResource(input: ResourceInput): RenderedResource {
  const { names, fields, orm, migrations } = input;
  const view = resourceView(input);
  const migration = renderCreation(orm, names, fields, migrations);
  return {
    code: mergeFiles(renderCode(input, view), migration.code),
    migration: migration.written,
    journal: migration.journal,
    migrations: new Set([...migration.code.keys(), ...migration.written.keys()]),
    registrations: {
      module: moduleOf(input),
      exports: [
        {
          barrel: orm === 'drizzle' ? 'src/database/schema.ts' : 'src/database/entities.ts',
          file: `src/${view.plural}/${view.entityFile}.ts`,
        },
        ...migration.exports,
      ],
    },
  };
}

function renderCode({ names, fields, orm }: ResourceInput, view: ResourceView): RenderedFiles {
  const types = fields.map((field) => columnTypeOf(field, names));
  const used = new Set([
    ...fields.flatMap((field) => keptOf(field)?.files ?? []),
    ...types.flatMap(({ propertyFrom, validators, drizzle, typeorm }) => [
      propertyFrom,
      ...validators.map(({ from }) => from),
      drizzle.from,
      typeorm.transformer?.from,
    ]),
  ]);
  const files = mergeFiles(
    renderFolder('resource/common', view),
    renderFolder(`resource/${orm}`, view),
  );
  for (const path of files.keys()) {
    if (isOfSomeTypes(path) && !used.has(path)) files.delete(path);
  }
  return mergeFiles(
    files,
    ...view.valueTypes.map((type) =>
      renderFolder('resource/value-type', { ...type, plural: view.plural }),
    ),
  );
}

/** Whether not every resource has a use for a file of `src/common`: it comes with a type of field. */
export function isOfSomeTypes(path: string): boolean {
  return OF_SOME_TYPES.test(path);
}

const OF_SOME_TYPES = /^src\/common\/(?:columns\/|validators\/|versioning\/|json-object\.ts)/;

function moduleOf({ names }: ResourceInput): RenderedResource['registrations']['module'] {
  const { kebab, pascal } = names.plural;
  return { symbol: `${pascal}Module`, file: `src/${kebab}/${kebab}.module.ts` };
}
