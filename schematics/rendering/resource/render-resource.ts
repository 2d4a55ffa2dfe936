import { mergeFiles, renderFolder } from '../render';
import { drizzleMigration } from './drizzle-migration';
import { DEFAULT_MIGRATIONS, type RenderedResource, type ResourceInput } from './types';
import { typeormMigration } from './typeorm-migration';
import { resourceView } from './view';

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
  const written = drizzleMigration(view.tableName, input.fields, input.migrations);
  return {
    code: mergeFiles(renderFolder('resource/common', view), renderFolder('resource/drizzle', view)),
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
    code: mergeFiles(
      renderFolder('resource/common', view),
      renderFolder('resource/typeorm', view),
      classes,
    ),
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

function moduleOf({ names }: ResourceInput): RenderedResource['registrations']['module'] {
  const { kebab, pascal } = names.plural;
  return { symbol: `${pascal}Module`, file: `src/${kebab}/${kebab}.module.ts` };
}
