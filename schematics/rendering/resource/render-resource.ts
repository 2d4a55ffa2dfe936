import { mergeFiles, type RenderedFiles, renderFolder } from '../render';
import { columnTypeOf } from './column-type';
import { drizzleMigration } from './drizzle-migration';
import { DEFAULT_MIGRATIONS, type RenderedResource, type ResourceInput } from './types';
import { typeormMigration } from './typeorm-migration';
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
  return input.orm === 'drizzle' ? renderDrizzle(input) : renderTypeorm(input);
}

function renderDrizzle(input: ResourceInput): RenderedResource {
  const view = resourceView(input);
  const written = drizzleMigration(input.names, input.fields, input.migrations);
  return {
    code: renderCode(input, view, 'resource/drizzle'),
    ...written,
    migrations: new Set(written.migration.keys()),
    registrations: {
      module: moduleOf(input),
      exports: [
        {
          barrel: 'src/database/schema.ts',
          file: `src/${view.plural}/${view.entityFile}.ts`,
        },
      ],
    },
  };
}

function renderTypeorm(input: ResourceInput): RenderedResource {
  const view = resourceView(input);
  const migration = typeormMigration(input.names, input.fields, input.migrations);
  const { directory, barrel = 'index.ts' } = input.migrations.place ?? {
    directory: DEFAULT_MIGRATIONS.typeorm,
  };
  const rendered = migration ? renderFolder('resource/typeorm-migration', migration) : [];
  const classes = new Map(
    [...rendered].map(([path, text]) => [
      path.replace(DEFAULT_MIGRATIONS.typeorm, directory),
      text,
    ]),
  );
  return {
    code: mergeFiles(renderCode(input, view, 'resource/typeorm'), classes),
    migration: new Map(),
    journal: new Map(),
    migrations: new Set(classes.keys()),
    registrations: {
      module: moduleOf(input),
      exports: [
        { barrel: 'src/database/entities.ts', file: `src/${view.plural}/${view.entityFile}.ts` },
        ...(migration
          ? [
              {
                barrel: `${directory}/${barrel}`,
                file: `${directory}/${migration.timestamp}-create-${view.plural}.ts`,
                symbol: migration.className,
              },
            ]
          : []),
      ],
    },
  };
}

function renderCode(
  { names, fields }: ResourceInput,
  view: ResourceView,
  folder: string,
): RenderedFiles {
  const types = fields.map((field) => columnTypeOf(field, names));
  const used = new Set(
    types.flatMap(({ propertyFrom, validators, drizzle, typeorm }) => [
      propertyFrom,
      ...validators.map(({ from }) => from),
      drizzle.from,
      typeorm.transformer?.from,
    ]),
  );
  const files = mergeFiles(renderFolder('resource/common', view), renderFolder(folder, view));
  for (const path of files.keys()) {
    if (OF_SOME_TYPES.test(path) && !used.has(path)) files.delete(path);
  }
  return mergeFiles(
    files,
    ...view.valueTypes.map((type) =>
      renderFolder('resource/value-type', { ...type, plural: view.plural }),
    ),
  );
}

/** What not every type of field has a use for. */
const OF_SOME_TYPES = /^src\/common\/(?:columns\/|validators\/|json-object\.ts)/;

function moduleOf({ names }: ResourceInput): RenderedResource['registrations']['module'] {
  const { kebab, pascal } = names.plural;
  return { symbol: `${pascal}Module`, file: `src/${kebab}/${kebab}.module.ts` };
}
